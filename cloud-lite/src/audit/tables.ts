import type { JsonText, Millis, Owned } from "../db/columns.ts";

interface AuditEntriesTable extends Owned {
  seq: number;
  auditId: string;
  at: Millis;
  actorKind: "operator" | "vehicle" | "cloud";
  actorId: string;
  action: string;
  subjectKind: string;
  subjectId: string;
  requestId: string;
  payloadDigest: string;
  permission: string | null;
  credentialId: string | null;
  previousHash: string;
  hash: string;
}

interface AuditPayloadsTable extends Owned {
  auditId: string;
  salt: string;
  payload: JsonText;
  why: string | null;
}

/** The last entry: without it, removing the newest ones would leave a chain that fits. */
interface AuditHeadsTable extends Owned {
  seq: number;
  hash: string;
}

interface AuditCheckpointsTable extends Owned {
  seq: number;
  hash: string;
  at: Millis;
  signature: string;
}

export interface AuditTables {
  auditEntries: AuditEntriesTable;
  auditPayloads: AuditPayloadsTable;
  auditHeads: AuditHeadsTable;
  auditCheckpoints: AuditCheckpointsTable;
}
