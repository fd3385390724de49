import { Type, type Static } from "typebox";
import {
  EcuId,
  HardwareId,
  Id,
  OutcomeName,
  Sha256,
  StageName,
  TransportEstimate,
  Version,
  WallTime,
} from "@halfshaft/ota-format";
import { VehicleId } from "../vehicles/schema.ts";

const closed = { additionalProperties: false } as const;

/** Where a job stands, for the cloud. `active` from the first stage on; the last five are ends. */
export const JOB_STATUSES = [
  "queued",
  "offered",
  "active",
  "succeeded",
  "rolledBack",
  "failed",
  "declined",
  "expired",
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
export const JobStatusName = Type.Enum(JOB_STATUSES);

/** Why a queued job is not offered yet. */
const WAITING_REASONS = [
  "campaignPaused",
  "turn",
  "otherJob",
  "vehicleHeld",
  "vehicleRetired",
  "notReady",
] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

/** Why the cloud took a job back before its vehicle began it, where it was not a person who did so. */
export const WITHDRAWAL_REASONS = [
  "noMatchingEcu",
  "upToDate",
  "releaseCounterTooLow",
  "currentVersionTooLow",
  "dependencyUnmet",
  "noPreviousImage",
  "changedSince",
  "superseded",
  "targetLeft",
] as const;
export type WithdrawalReason = (typeof WITHDRAWAL_REASONS)[number];

/** A failure code with its sentence and help, as the HMI shows it. */
export const JobFailure = Type.Object(
  {
    code: Type.String(),
    sentence: Type.String(),
    help: Type.String(),
    retryable: Type.Boolean(),
    ecuId: Type.Optional(EcuId),
  },
  closed,
);
export type JobFailure = Static<typeof JobFailure>;

/** One stage of one ECU, or of the whole job. */
export const StageFact = Type.Object(
  {
    stage: StageName,
    state: Type.Union([Type.Literal("started"), Type.Literal("done"), Type.Literal("failed")]),
    startedAt: Type.Optional(WallTime),
    endedAt: Type.Optional(WallTime),
    durationMs: Type.Optional(Type.Number()),
    bytes: Type.Optional(Type.Integer()),
    transport: Type.Optional(TransportEstimate),
  },
  closed,
);
export type StageFact = Static<typeof StageFact>;

/** What one ECU gets, had, and now reports. */
export const JobEcu = Type.Object(
  {
    ecuId: EcuId,
    name: Type.String(),
    hardwareId: HardwareId,
    version: Version,
    sha256: Sha256,
    versionBefore: Type.Optional(Version),
    sha256Before: Type.Optional(Sha256),
    reportedVersion: Type.Optional(Version),
    reportedSha256: Type.Optional(Sha256),
    runsNewVersion: Type.Boolean({ description: "By the vehicle's last version manifest" }),
    stages: Type.Array(StageFact),
  },
  closed,
);

export const JobSummary = Type.Object(
  {
    jobId: Id,
    campaignId: Id,
    phaseId: Id,
    releaseId: Id,
    vehicleId: VehicleId,
    attempt: Type.Integer(),
    status: JobStatusName,
    stage: Type.Optional(StageName),
    outcome: Type.Optional(OutcomeName),
    failure: Type.Optional(JobFailure),
    manifest: Type.Optional(
      Type.Union([Type.Literal("agrees"), Type.Literal("disagrees")], {
        description: "Whether the vehicle's version manifest agrees with a reported success",
      }),
    ),
    waiting: Type.Optional(
      Type.Enum(WAITING_REASONS, { description: "Why a queued job is not offered when its vehicle asks" }),
    ),
    blockedBy: Type.Optional(
      Type.Array(Type.String(), { description: "What of the safety policy the vehicle waits for" }),
    ),
    withdrawnFor: Type.Optional(
      Type.Enum(WITHDRAWAL_REASONS, {
        description: "Why its vehicle was not offered it any more when its time came",
      }),
    ),
    createdAt: WallTime,
    offeredAt: Type.Optional(WallTime),
    expiresAt: Type.Optional(WallTime),
    startedAt: Type.Optional(WallTime),
    heardAt: Type.Optional(
      Type.Integer({
        ...WallTime,
        description: "When the vehicle last said anything about this job, by the cloud's clock",
      }),
    ),
    endedAt: Type.Optional(WallTime),
  },
  { ...closed, $id: "JobSummary" },
);
export type JobSummary = Static<typeof JobSummary>;

export const TimelineEntry = Type.Object(
  {
    at: WallTime,
    what: Type.String({ examples: ["flash started", "offered", "ended: succeeded"] }),
    ecuId: Type.Optional(EcuId),
  },
  closed,
);
export type TimelineEntry = Static<typeof TimelineEntry>;

export const Job = Type.Object(
  {
    ...JobSummary.properties,
    ecus: Type.Array(JobEcu),
    stages: Type.Array(StageFact, { description: "Stages of the job as a whole" }),
    timeline: Type.Array(TimelineEntry),
  },
  { ...closed, $id: "Job" },
);
export type Job = Static<typeof Job>;
