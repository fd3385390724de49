import type { JsonText, Millis, Owned } from "./columns.ts";

interface OrganisationsTable extends Owned {
  name: string;
  createdAt: Millis;
}

interface IdempotencyKeysTable extends Owned {
  credentialId: string;
  key: string;
  fingerprint: string;
  status: number;
  /** The answer as it was sent; null where it held a secret. */
  body: JsonText | null;
  createdAt: Millis;
}

export interface DbTables {
  organisations: OrganisationsTable;
  idempotencyKeys: IdempotencyKeysTable;
}
