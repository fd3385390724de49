import { v7 as uuidv7 } from "uuid";
import type { Permission } from "../access/grants.ts";
import type { Operator } from "../access/store.ts";
import type { AuditAction } from "../audit/actions.ts";
import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import type { Act, Asked } from "./act.ts";
import { beginNow, requireStartable, takeSteps } from "./begin.ts";
import { checkApprover } from "./four-eyes.ts";
import { isDone, transition, wrongState, type CampaignVerb } from "./life-cycle.ts";
import { hasBegun, nextPhase } from "./next-phase.ts";
import { requireReach } from "./reach.ts";
import { hasJobsToRetry } from "./retry.ts";
import { resume } from "./resume.ts";
import { isRolledBack, rollBack } from "./roll-back.ts";
import type { Campaign } from "./schema.ts";
import { changeCampaign, lockCampaign } from "./store.ts";
import { readCampaign } from "./view.ts";
import { wakeUndecided } from "./withdraw.ts";

interface Verb {
  readonly permission: Permission;
  readonly summary: string;
  readonly action: AuditAction;
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
    async act({ work, campaign }) {
      await requireStartable(work, campaign);
      await changeCampaign(work.tx, campaign, { state: "inReview" });
    },
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
    summary:
      "Pause: make no further offers, and take back those that drivers have not answered; what has begun goes on",
    action: "campaign.paused",
    async act({ cloud, work, campaign }) {
      await changeCampaign(work.tx, campaign, { state: "paused", haltedFor: null });
      await wakeUndecided(cloud, work, campaign);
    },
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
    summary:
      "Begin this phase, the next one, now: whatever the gate still waits for, or halted the campaign for",
    action: "campaign.gateOverridden",
    hasNothingLeft: hasBegun,
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
    hasNothingLeft: isRolledBack,
    act: rollBack,
  },
};

/**
 * Carries out a verb on a campaign; a second time changes nothing.
 * @throws {Refusal} CAMPAIGN_UNKNOWN, CAMPAIGN_STATE, CAMPAIGN_NOT_APPROVED, CAMPAIGN_OUT_OF_SCOPE and those of the verb
 */
export async function actOnCampaign(
  cloud: Cloud,
  work: Work,
  actor: Operator,
  asked: Asked,
): Promise<Campaign> {
  const { campaignId, verb, why } = asked;
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
  const given = { cloud, work, actor, campaign, asked };
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
  await requireStartable(work, campaign);
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
