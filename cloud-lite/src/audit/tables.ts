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
  previousHash: string;
  hash: string;
}

interface AuditPayloadsTable extends Owned {
  auditId: string;
  salt: string;
  payload: JsonText;
}

export interface AuditTables {
  auditEntries: AuditEntriesTable;
  auditPayloads: AuditPayloadsTable;
}
