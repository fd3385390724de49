import { v7 as uuidv7 } from "uuid";
import type { Permission } from "../access/grants.ts";
import type { Operator } from "../access/store.ts";
import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { beginNow, requirePublished, takeSteps } from "./begin.ts";
import { noteSeen, talliesOf } from "./counts.ts";
import { checkApprover } from "./four-eyes.ts";
import { GATE_DEFAULTS, missingAt } from "./gates.ts";
import { isDone, transition, wrongState, type CampaignVerb } from "./life-cycle.ts";
import { requireReach } from "./reach.ts";
import { hasJobsToRetry } from "./retry.ts";
import { rollBack } from "./roll-back.ts";
import type { Campaign } from "./schema.ts";
import { beginPhase } from "./step.ts";
import { changeCampaign, lockCampaign, phasesOf, planOf, type CampaignRow } from "./store.ts";
import { readCampaign } from "./view.ts";
import { waitingVehicles } from "./withdraw.ts";

/** What a verb works with. The campaign is taken: see `lockCampaign`. */
interface Act {
  readonly cloud: Cloud;
  readonly work: Work;
  readonly actor: Operator;
  readonly campaign: CampaignRow;
}

interface Verb {
  readonly permission: Permission;
  readonly summary: string;
  /** Noun and past participle, for the audit log. */
  readonly action: string;
  /** Whether there is nothing left to do, besides what its state says. */
  readonly hasNothingLeft?: (given: Act) => Promise<boolean>;
  /** Does it. @returns what the audit log keeps of it besides the states */
  readonly act: (given: Act) => Promise<object | void>;
}

/** C1 and C8: what people do to campaigns. The states between which each leads stand in life-cycle.ts. */
export const VERBS: Readonly<Record<CampaignVerb, Verb>> = {
  submit: {
    permission: "campaign.write",
    summary: "Submit a draft for review",
    action: "campaign.submitted",
    act: ({ work, campaign }) => changeCampaign(work.tx, campaign, { state: "inReview" }),
  },
  approve: {
    permission: "campaign.approve",
    summary: "Approve: by someone other than its author",
    action: "campaign.approved",
    act: approve,
  },
  reject: {
    permission: "campaign.approve",
    summary: "Reject: back to its author, as a draft",
    action: "campaign.rejected",
    act: ({ work, campaign }) => changeCampaign(work.tx, campaign, { state: "draft" }),
  },
  start: {
    permission: "campaign.operate",
    summary: "Start: the first phase begins; answers at once, jobs of a large fleet follow",
    action: "campaign.started",
    act: start,
  },
  pause: {
    permission: "campaign.operate",
    summary: "Pause: make no further offers; what has begun goes on",
    action: "campaign.paused",
    act: ({ work, campaign }) => changeCampaign(work.tx, campaign, { state: "paused", haltedFor: null }),
  },
  resume: {
    permission: "campaign.operate",
    summary: "Resume; what tripped the kill switch so far does not trip it again",
    action: "campaign.resumed",
    act: resume,
  },
  abort: {
    permission: "campaign.operate",
    summary: "Abort: take back the offers that no vehicle has begun",
    action: "campaign.aborted",
    async act({ cloud, work, campaign }) {
      await changeCampaign(work.tx, campaign, { state: "aborted", endedAt: work.at, settled: 0 });
      await takeSteps(cloud, work, campaign.campaignId, 1);
    },
  },
  nextPhase: {
    permission: "campaign.operate",
    summary: "Begin the next phase now, whatever its gate still waits for",
    action: "campaign.gateOverridden",
    act: nextPhase,
  },
  retryFailed: {
    permission: "campaign.operate",
    summary: "Try again what failed, was rolled back or expired",
    action: "campaign.retried",
    hasNothingLeft: async ({ work, campaign }) => !(await hasJobsToRetry(work, campaign)),
    async act({ cloud, work, campaign }) {
      const state = campaign.state === "completed" ? "active" : campaign.state;
      await changeCampaign(work.tx, campaign, {
        state,
        endedAt: null,
        settled: 0,
        retryAfter: null,
        retryBelow: uuidv7(),
      });
      await takeSteps(cloud, work, campaign.campaignId, 1);
    },
  },
  rollBack: {
    permission: "campaign.operate",
    summary: "Roll back: make a campaign that offers the previous software to the vehicles that were updated",
    action: "campaign.reverted",
    act: rollBack,
  },
};

/**
 * Carries out a verb on a campaign; a second time changes nothing.
 * @param why kept in the audit log
 * @throws {Refusal} CAMPAIGN_UNKNOWN, CAMPAIGN_STATE, CAMPAIGN_NOT_APPROVED, CAMPAIGN_OUT_OF_SCOPE and those of the verb
 */
export async function actOnCampaign(
  cloud: Cloud,
  work: Work,
  actor: Operator,
  { campaignId, verb, why }: { campaignId: string; verb: CampaignVerb; why?: string },
): Promise<Campaign> {
  const { tx, organisationId, at } = work;
  const campaign = await lockCampaign(tx, organisationId, campaignId);
  const { permission, action, act } = VERBS[verb];
  await requireReach(tx, actor, permission, campaign, at);
  const { name, state } = campaign;
  const waived = verb === "start" && cloud.config.fourEyes === "off" && ["draft", "inReview"].includes(state);
  if (transition(state, verb) === undefined && !waived) {
    const isUnapproved = verb === "start" && (state === "draft" || state === "inReview");
    throw isUnapproved ? new Refusal("CAMPAIGN_NOT_APPROVED", { name, state }) : wrongState(campaign, verb);
  }
  const given = { cloud, work, actor, campaign };
  if (isDone(state, verb) || (await VERBS[verb].hasNothingLeft?.(given)))
    return readCampaign(tx, organisationId, campaignId, at);
  const more = await act(given);
  const changed = await readCampaign(tx, organisationId, campaignId, at);
  await work.audit({
    action,
    subjectKind: "campaign",
    subjectId: campaignId,
    payload: {
      before: { state },
      after: { state: changed.state, jobs: changed.jobs },
      ...(why === undefined ? {} : { why }),
      ...more,
    },
  });
  work.afterCommit(() => cloud.campaigns.wake(organisationId, campaignId));
  return changed;
}

async function approve({ cloud, work, actor, campaign }: Act): Promise<object> {
  const fourEyes = checkApprover(cloud, actor, campaign);
  const { principalId: approverId } = actor;
  await changeCampaign(work.tx, campaign, { state: "scheduled", approverId, approvedAt: work.at });
  return { authorId: campaign.authorId, approverId, fourEyes };
}

/** Where four eyes are waived, a draft is approved by being started, and the log says so. */
async function start(given: Act): Promise<object> {
  const approval = given.campaign.state === "scheduled" ? {} : await approve(given);
  await beginNow(given.cloud, given.work, given.campaign);
  return approval;
}

async function resume({ cloud, work, campaign }: Act): Promise<void> {
  const { tx, organisationId, at } = work;
  await requirePublished(work, campaign.releaseId);
  const { campaignId, silenceMs } = campaign;
  const begun = (await phasesOf(tx, organisationId, [campaignId])).filter(
    ({ startedAt }) => startedAt !== null,
  );
  const counted = begun.map(({ phaseId }) => ({ phaseId, silenceMs }));
  await noteSeen(tx, organisationId, at, counted);
  await changeCampaign(tx, campaign, { state: "active", haltedFor: null });
  const vehicleIds = await waitingVehicles(tx, organisationId, campaignId);
  work.afterCommit(() => cloud.campaigns.wakeVehicles(vehicleIds));
}

async function nextPhase({ work, campaign }: Act): Promise<object> {
  const { tx, organisationId, at } = work;
  const { campaignId, silenceMs, name } = campaign;
  const phases = await phasesOf(tx, organisationId, [campaignId]);
  const next = phases.find(({ startedAt }) => startedAt === null);
  const last = phases.findLast(({ startedAt }) => startedAt !== null);
  if (!next) throw new Refusal("CAMPAIGN_NO_PHASE", { name, phase: last?.name ?? "" });
  await beginPhase(work, campaign, next);
  if (!last) return { phase: next.name };
  const tallies = await talliesOf(tx, organisationId, at, [{ phaseId: last.phaseId, silenceMs }]);
  const tally = tallies.get(last.phaseId)!;
  const filled = last.filledAt !== null;
  const gate = { ...GATE_DEFAULTS, ...planOf(last).gate };
  const { sampledAt } = last;
  return { phase: next.name, overridden: missingAt(gate, { tally, filled, sampledAt, at }) };
}
