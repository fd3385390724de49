import type { Millis, Owned } from "../db/columns.ts";

interface CredentialsTable extends Owned {
  credentialId: string;
  kind: "operator" | "device";
  label: string;
  vehicleId: string | null;
  /** Looked up by this part; only the digest of the whole token is kept. */
  prefix: string;
  digest: string;
  createdAt: Millis;
  revokedAt: Millis | null;
}

export interface AccessTables {
  credentials: CredentialsTable;
}
