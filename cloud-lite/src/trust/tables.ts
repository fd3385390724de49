import type { JsonText, Millis, Owned } from "../db/columns.ts";

interface TufMetadataTable extends Owned {
  /** `image`, or `director/` and the vehicle id. */
  repository: string;
  role: string;
  version: number;
  expiresAt: Millis;
  /** What was signed for: a revision of the vehicle's desired software, or 0. */
  revision: number;
  body: string;
}

interface TufTargetsTable extends Owned {
  repository: string;
  path: string;
  role: "targets" | "transport";
  length: number;
  sha256: string;
  sha512: string;
  custom: JsonText;
  createdAt: Millis;
}

export interface TrustTables {
  tufMetadata: TufMetadataTable;
  tufTargets: TufTargetsTable;
}
