import { Type, type Static } from "typebox";
import { ConsentPolicy, Id, SafetyPolicy, WallTime, Whole } from "@halfshaft/ota-format";
import { JOB_STATUSES } from "../jobs/schema.ts";
import { SelectionRef } from "../vehicles/search/selection.ts";
import { GATE_CONDITIONS } from "./gates.ts";
import { CAMPAIGN_STATES } from "./life-cycle.ts";

export { CAMPAIGN_STATES, type CampaignState } from "./life-cycle.ts";

const closed = { additionalProperties: false } as const;

/** Which vehicles a campaign is for. */
export const CampaignTarget = SelectionRef;
export type CampaignTarget = Static<typeof CampaignTarget>;

export const CAMPAIGN_KINDS = ["general", "recall", "beta"] as const;
/** Who comes first, where several campaigns want one vehicle. */
export const PRIORITIES = ["low", "normal", "critical"] as const;

const Share = Type.Number({ minimum: 0, maximum: 1, description: "A share, 0 to 1", examples: [0.02] });
const DurationMs = Type.Integer({ minimum: 0, maximum: 366 * 86_400_000, description: "ms" });
const Sample = Type.Integer({
  minimum: 1,
  maximum: 100_000,
  description:
    "Vehicles that must have ended before a rate counts; smaller phases count when they have ended",
});

export const GateBody = Type.Object(
  {
    successRate: Type.Optional(Share),
    failureRate: Type.Optional(Share),
    rollbackRate: Type.Optional(Share),
    silenceRate: Type.Optional(Share),
    blockedShare: Type.Optional(Share),
    minimumSample: Type.Optional(Sample),
    soakMs: Type.Optional(DurationMs),
    manual: Type.Optional(Type.Boolean({ description: "The next phase begins only when somebody says so" })),
  },
  {
    ...closed,
    description: "What a phase must show before the next one begins; success rate 0.995 by default",
  },
);

export const PhaseBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 80, examples: ["Canary"] }),
    size: Type.Optional(
      Type.Union(
        [
          Type.Object({ percentage: Type.Number({ exclusiveMinimum: 0, maximum: 100 }) }, closed),
          Type.Object({ count: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }, closed),
        ],
        {
          description:
            "How many of the vehicles that match: a percentage contains those of smaller ones, a count comes on top of earlier phases; all without it",
        },
      ),
    ),
    criteria: Type.Optional(SelectionRef),
    startAt: Type.Optional(WallTime),
    gate: Type.Optional(GateBody),
    vehiclesPerMinute: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
    maxConcurrent: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  closed,
);
export type PhaseBody = Static<typeof PhaseBody>;

export const HaltBody = Type.Object(
  {
    failureRate: Type.Optional(Share),
    rollbackRate: Type.Optional(Share),
    downloadFailureRate: Type.Optional(Share),
    minimumSample: Type.Optional(Sample),
  },
  { ...closed, description: "When the kill switch pauses the campaign: at or over 0.02 failures by default" },
);

const WeakeningReason = Type.Object({ reason: Type.String({ minLength: 8, maxLength: 500 }) }, closed);

export const CampaignBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 80, examples: ["Spring 2.0, test fleet"] }),
    releaseId: Id,
    target: CampaignTarget,
    consent: ConsentPolicy,
    safetyPolicy: SafetyPolicy,
    kind: Type.Optional(Type.Enum(CAMPAIGN_KINDS)),
    priority: Type.Optional(Type.Enum(PRIORITIES)),
    dynamic: Type.Optional(
      Type.Boolean({
        description: "Vehicles that come to match the target later join; it ends only by abort",
      }),
    ),
    seed: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: "Of the random choice; the same seed, the same canaries",
      }),
    ),
    phases: Type.Optional(Type.Array(PhaseBody, { minItems: 1, maxItems: 20 })),
    halt: Type.Optional(HaltBody),
    silenceMs: Type.Optional(
      Type.Integer({
        minimum: 60_000,
        maximum: 90 * 86_400_000,
        description: "ms without a word in the middle of an update that count as a failure; default 24 hours",
      }),
    ),
    downloadBytesPerSecond: Type.Optional(
      Type.Integer({
        ...Whole,
        minimum: 1024,
        description: "What each vehicle takes at most, bytes per second",
      }),
    ),
    startAt: Type.Optional(WallTime),
    acknowledgeWeakening: Type.Optional(WeakeningReason),
  },
  closed,
);
export type CampaignBody = Static<typeof CampaignBody>;

/** Why a vehicle of the target gets no job. */
export const SKIP_REASONS = [
  "noMatchingEcu",
  "upToDate",
  "releaseCounterTooLow",
  "currentVersionTooLow",
  "dependencyUnmet",
  "held",
  "noPreviousImage",
  "changedSince",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

const counts = <K extends string>(keys: readonly K[]) =>
  Type.Object(
    Object.fromEntries(keys.map((key) => [key, Type.Integer({ minimum: 0 })])) as Record<
      K,
      ReturnType<typeof Type.Integer>
    >,
    closed,
  );

export const Phase = Type.Object(
  {
    phaseId: Id,
    position: Type.Integer({ minimum: 1 }),
    ...PhaseBody.properties,
    startedAt: Type.Optional(WallTime),
    filledAt: Type.Optional(WallTime),
    jobs: counts([...JOB_STATUSES, "silent", "blocked"]),
    waitsFor: Type.Array(Type.Enum(GATE_CONDITIONS), {
      description: "What the gate to the next phase still waits for",
    }),
  },
  closed,
);
export type Phase = Static<typeof Phase>;

export const Halt = Type.Object(
  {
    kind: Type.String({
      examples: ["failureRate", "unrecoverable", "gateFailed", "releaseWithdrawn", "nobody"],
    }),
    phase: Type.Optional(Type.String()),
    rate: Type.Optional(Share),
    threshold: Type.Optional(Share),
    judged: Type.Optional(Type.Integer()),
    vehicles: Type.Optional(Type.Integer()),
    missing: Type.Optional(Type.Array(Type.String())),
  },
  closed,
);

/** Which phase is to begin. */
export const PhaseToBegin = Type.String({
  minLength: 1,
  maxLength: 80,
  description:
    "Name or id of the phase that is to begin, so that asking twice begins one; needed where more than one is left",
  examples: ["Region"],
});

const { acknowledgeWeakening: _, phases: __, ...kept } = CampaignBody.properties;

export const Campaign = Type.Object(
  {
    campaignId: Id,
    ...kept,
    state: Type.Enum(CAMPAIGN_STATES),
    phases: Type.Array(Phase),
    jobs: counts(JOB_STATUSES),
    skipped: counts(SKIP_REASONS),
    haltedFor: Type.Optional(Type.Array(Halt, { description: "Why the kill switch paused it" })),
    authorId: Type.Optional(Type.String()),
    approverId: Type.Optional(Type.String()),
    approvedAt: Type.Optional(WallTime),
    revertsCampaignId: Type.Optional(Id),
    revertedBy: Type.Optional(
      Type.String({
        ...Id,
        description: "The campaign that brings its vehicles back; it waits for an approval of its own",
      }),
    ),
    partial: Type.Optional(
      Type.Literal(true, {
        description:
          "It has vehicles that you may not see: names and numbers are of those that you may, skipped ones of none",
      }),
    ),
    createdAt: WallTime,
    startedAt: Type.Optional(WallTime),
    endedAt: Type.Optional(WallTime),
  },
  { ...closed, $id: "Campaign" },
);
export type Campaign = Static<typeof Campaign>;
