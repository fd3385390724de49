import type { JsonText, Millis, Owned } from "../db/columns.ts";

interface CredentialsTable extends Owned {
  credentialId: string;
  kind: "operator" | "session" | "device";
  label: string;
  vehicleId: string | null;
  /** The person behind an operator's key or session. */
  userId: string | null;
  /** `Grant[]` that a key is narrowed to; null: whatever its person may. */
  grants: JsonText | null;
  /** Looked up by this part; only the digest of the whole token is kept. */
  prefix: string;
  digest: string;
  createdAt: Millis;
  expiresAt: Millis | null;
  /** To the minute. */
  lastUsedAt: Millis | null;
  revokedAt: Millis | null;
}

interface UsersTable extends Owned {
  userId: string;
  /** What the person logs in with; lower case. */
  name: string;
  displayName: string | null;
  /** `Grant[]` besides those of the groups. */
  grants: JsonText;
  /** Null: this person has keys only. */
  passwordHash: string | null;
  passwordChangedAt: Millis | null;
  deactivatedAt: Millis | null;
  createdAt: Millis;
}

interface AccessGroupsTable extends Owned {
  groupId: string;
  groupName: string;
  /** `Grant[]` */
  grants: JsonText;
  createdAt: Millis;
}

interface UserGroupsTable extends Owned {
  userId: string;
  groupName: string;
}

export interface AccessTables {
  credentials: CredentialsTable;
  users: UsersTable;
  accessGroups: AccessGroupsTable;
  userGroups: UserGroupsTable;
}
