import { Type, type Static } from "typebox";
import { ConsentPolicy, Id, SafetyPolicy, WallTime } from "@halfshaft/ota-format";
import { JOB_STATUSES } from "../jobs/schema.ts";
import { SelectionRef, type VehicleSelection } from "../vehicles/selection.ts";

const closed = { additionalProperties: false } as const;

/** Which vehicles a campaign is for. */
export const CampaignTarget = SelectionRef;
export type CampaignTarget = VehicleSelection;

export const CAMPAIGN_STATES = ["draft", "active", "paused", "completed", "aborted"] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

export const CampaignBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 80, examples: ["Spring 2.0, test fleet"] }),
    releaseId: Id,
    target: CampaignTarget,
    consent: ConsentPolicy,
    safetyPolicy: SafetyPolicy,
  },
  closed,
);
export type CampaignBody = Static<typeof CampaignBody>;

export const Phase = Type.Object(
  {
    phaseId: Id,
    position: Type.Integer({ minimum: 1 }),
    name: Type.String(),
    startedAt: Type.Optional(WallTime),
  },
  closed,
);

/** Why a vehicle of the target gets no job. */
export const SKIP_REASONS = ["noMatchingEcu", "upToDate", "releaseCounterTooLow"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

const counts = <K extends string>(keys: readonly K[]) =>
  Type.Object(
    Object.fromEntries(keys.map((key) => [key, Type.Integer({ minimum: 0 })])) as Record<
      K,
      ReturnType<typeof Type.Integer>
    >,
    closed,
  );

export const Campaign = Type.Object(
  {
    campaignId: Id,
    ...CampaignBody.properties,
    state: Type.Enum(CAMPAIGN_STATES),
    phases: Type.Array(Phase),
    jobs: counts(JOB_STATUSES),
    skipped: counts(SKIP_REASONS),
    createdAt: WallTime,
    startedAt: Type.Optional(WallTime),
    endedAt: Type.Optional(WallTime),
  },
  { ...closed, $id: "Campaign" },
);
export type Campaign = Static<typeof Campaign>;
