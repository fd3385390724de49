import type { Generated } from "kysely";
import type { WithdrawalReason } from "./schema.ts";
import type { Flag, JsonText, Millis, Owned } from "../db/columns.ts";

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
  withdrawnFor: Generated<WithdrawalReason | null>;
  createdAt: Millis;
  offeredAt: Millis | null;
  expiresAt: Millis | null;
  startedAt: Millis | null;
  endedAt: Millis | null;
  /** 0 once a further attempt was made: only the latest one counts in rates. */
  latest: Generated<Flag>;
  /** The place in the queue of a paced phase, as long as the vehicle may not come yet; lowest first. */
  turn: number | null;
  /** When the vehicle was let in. */
  admittedAt: Millis | null;
  /** When the vehicle last said anything about this job, by the cloud's clock. */
  heardAt: Millis | null;
  failureCode: string | null;
  /** 1 where an operator resumed the campaign after it ended like this, or while it was as silent as it is. */
  seen: Generated<Flag>;
  /** What of the safety policy the vehicle waits for, or waited for at its end. */
  blockedBy: JsonText | null;
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

/** How long the steps of ended jobs took, as a whole. */
interface JobStepsTable extends Owned {
  jobId: string;
  campaignId: string;
  phaseId: string;
  stage: string;
  durationMs: number;
}

export interface JobsTables {
  jobs: JobsTable;
  jobSteps: JobStepsTable;
  jobEcus: JobEcusTable;
}
