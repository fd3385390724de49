import type { JsonText, Millis, Owned } from "../db/columns.ts";

interface JobsTable extends Owned {
  jobId: string;
  campaignId: string;
  phaseId: string;
  releaseId: string;
  vehicleId: string;
  attempt: number;
  status: "queued" | "offered" | "active" | "succeeded" | "rolledBack" | "failed" | "declined" | "expired";
  stage: string | null;
  /** As the vehicle reported it; `status` says whether its version manifest agrees. */
  outcome: string | null;
  failure: JsonText | null;
  manifest: "agrees" | "disagrees" | null;
  manifestNote: JsonText | null;
  withdrawnAt: Millis | null;
  createdAt: Millis;
  offeredAt: Millis | null;
  expiresAt: Millis | null;
  startedAt: Millis | null;
  endedAt: Millis | null;
}

interface JobEcusTable extends Owned {
  jobId: string;
  ecuId: string;
  name: string;
  hardwareId: string;
  imageId: string;
  version: string;
  sha256: string;
  position: number;
  versionBefore: string | null;
  sha256Before: string | null;
}

export interface JobsTables {
  jobs: JobsTable;
  jobEcus: JobEcusTable;
}
