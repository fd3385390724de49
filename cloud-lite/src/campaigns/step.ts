import type { Cloud } from "../cloud.ts";
import { expireOffers } from "../jobs/expire.ts";
import type { Work } from "../plugins/writes.ts";
import { getRelease } from "../releases/store.ts";
import { planDeltas } from "../releases/deltas/delta-store.ts";
import { admitVehicles } from "./admit.ts";
import { isPast } from "./consent.ts";
import { countsOf } from "./counts.ts";
import { fillPhase } from "./fill.ts";
import { failedFor, GATE_DEFAULTS, isSampled, missingAt, type Gate } from "./gates.ts";
import { haltReasons, type HaltReason } from "./halt.ts";
import { openOf, sizeOf, type Judged, type Tally } from "./rates.ts";
import { stragglersAt } from "./stragglers.ts";
import { offerAgain, retryJobs } from "./retry.ts";
import {
  changeCampaign,
  changePhase,
  consentOf,
  phasesOf,
  planOf,
  type CampaignRow,
  type PhaseRow,
} from "./store.ts";
import { haltRulesOf } from "./view.ts";
import { wakeUndecided, withdrawOffers } from "./withdraw.ts";

/** A phase with its numbers. */
interface Counted {
  readonly row: PhaseRow;
  readonly tally: Tally;
  readonly fresh: Judged;
}

/** What a step leaves: more to do at once, a phase whose vehicles must be chosen first, or nothing for now. */
export type StepResult = "more" | "rest" | { readonly choose: PhaseRow };

/** Its own actor: also a step within somebody's request is the cloud's. */
const BY = { kind: "cloud", id: "campaigns" } as const;

/**
 * One bounded step of a campaign that this transaction has taken with `lockCampaign`. What is to be done follows from
 * what is stored alone, so it does not matter who takes the step, or when: after an outage it goes on here.
 */
export async function stepCampaign(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<StepResult> {
  switch (campaign.state) {
    case "scheduled": {
      if (campaign.startAt === null || campaign.startAt > work.at) return "rest";
      const reasons = await hindrances(work, campaign);
      if (reasons.length > 0) {
        await haltCampaign(cloud, work, campaign, reasons);
        return "rest";
      }
      await beginCampaign(cloud, work, campaign);
      return "more";
    }
    case "active":
      return stepActive(cloud, work, campaign);
    case "paused":
      if (await expireOffers(cloud, work, campaign)) return "more";
      if (campaign.retryBelow === null) return "rest";
      await retryJobs(cloud, work, campaign);
      return "more";
    case "aborted":
    case "reverted":
      if (await withdrawOffers(cloud, work, campaign)) return "more";
      await changeCampaign(work.tx, campaign, { settled: 1 });
      return "rest";
    default:
      return "rest";
  }
}

/** Makes a campaign active, and asks for the deltas that its vehicles can use. */
export async function beginCampaign(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<void> {
  const { tx, organisationId, at } = work;
  const { releaseId, campaignId, state } = campaign;
  await changeCampaign(tx, campaign, { state: "active", startedAt: at });
  const { images } = await getRelease(tx, organisationId, releaseId);
  // The fleet may run versions that it did not when the release was published.
  await planDeltas(tx, organisationId, at, images);
  work.afterCommit(() => cloud.deltas.wake());
  if (campaign.startAt === null) return;
  await work.audit(
    {
      action: "campaign.started",
      subjectKind: "campaign",
      subjectId: campaignId,
      payload: { before: { state }, after: { state: "active" }, startAt: campaign.startAt },
    },
    BY,
  );
}

async function stepActive(cloud: Cloud, work: Work, campaign: CampaignRow): Promise<StepResult> {
  const { tx, organisationId, at } = work;
  const { campaignId, silenceMs } = campaign;
  const rows = await phasesOf(tx, organisationId, [campaignId]);
  const unfilled = rows.find(({ startedAt, filledAt }) => startedAt !== null && filledAt === null);
  if (unfilled && isChosen(unfilled) && campaign.steps % JUDGE_EVERY !== 0) {
    await fillPhase(cloud, work, campaign, unfilled);
    return "more";
  }
  const counted = rows.map(({ phaseId }) => ({ phaseId, silenceMs }));
  const counts = await countsOf(tx, organisationId, at, counted);
  const phases = rows.map((row) => ({ row, ...counts.get(row.phaseId)! }));
  const begun = phases.filter(({ row }) => row.startedAt !== null);

  // Before anything else: a pause always wins.
  const reasons = haltReasons(begun.map(judged), haltRulesOf(campaign));
  if (!(await isPublished(work, campaign))) reasons.unshift({ kind: "releaseWithdrawn" });
  if (reasons.length > 0) {
    await haltCampaign(cloud, work, campaign, reasons);
    return "rest";
  }
  if (await expireOffers(cloud, work, campaign)) return "more";
  if (campaign.retryBelow !== null) {
    await retryJobs(cloud, work, campaign);
    return "more";
  }
  const wasTakenBack = begun.some(({ tally }) => tally.takenBack > 0);
  if (wasTakenBack && (await offerAgain(cloud, work, campaign))) return "more";
  if (unfilled) {
    if (!isChosen(unfilled)) return { choose: unfilled };
    await fillPhase(cloud, work, campaign, unfilled);
    return "more";
  }
  let more = false;
  for (const { row, tally } of begun) more = (await admitVehicles(cloud, work, row, tally)) || more;
  if (more) return "more";
  return advance(cloud, work, campaign, phases);
}

/** Counting a large phase takes as long as making some hundred jobs: while they are made, not every step counts. */
const JUDGE_EVERY = 20;

/** Whether it is known which vehicles the phase takes. */
const isChosen = (phase: PhaseRow): boolean => phase.rankBelow !== null || planOf(phase).size === undefined;

const judged = ({ row, tally, fresh }: Counted) => ({
  name: row.name,
  tally,
  fresh,
  filled: row.filledAt !== null,
});

/** Begins the next phase where the gate of the last one is passed, or ends the campaign. */
async function advance(
  cloud: Cloud,
  work: Work,
  campaign: CampaignRow,
  phases: readonly Counted[],
): Promise<StepResult> {
  const { tx, at } = work;
  const last = phases.findLast(({ row }) => row.startedAt !== null);
  const next = phases.find(({ row }) => row.startedAt === null);
  if (!next) return finish(cloud, work, campaign, phases);
  if (last) {
    const facts = { tally: last.tally, filled: true, sampledAt: last.row.sampledAt, at };
    const gate: Gate = { ...GATE_DEFAULTS, ...planOf(last.row).gate };
    if (facts.sampledAt === null && isSampled(facts, gate.minimumSample)) {
      await changePhase(tx, last.row, { sampledAt: at });
      return "more";
    }
    const missing = missingAt(gate, facts);
    const failed = failedFor(missing, facts);
    if (failed.length > 0) {
      const reason = { kind: "gateFailed", phase: last.row.name, missing: failed } as const;
      await haltCampaign(cloud, work, campaign, [reason]);
      return "rest";
    }
    if (missing.length > 0) return "rest";
  }
  if ((planOf(next.row).startAt ?? 0) > at) return "rest";
  await beginPhase(work, campaign, next.row, BY);
  return "more";
}

export async function beginPhase(
  work: Work,
  { campaignId }: CampaignRow,
  phase: PhaseRow,
  by?: typeof BY,
): Promise<void> {
  const { phaseId, name, position } = phase;
  await changePhase(work.tx, phase, { startedAt: work.at });
  await work.audit(
    {
      action: "campaign.phaseStarted",
      subjectKind: "campaign",
      subjectId: campaignId,
      payload: { phaseId, name, position },
    },
    by,
  );
}

/**
 * A dynamic campaign looks for further vehicles from time to time, and one that brings vehicles back does so as long as
 * some are still on their way to where it brings them back from; another one is over with its last job.
 */
async function finish(
  cloud: Cloud,
  work: Work,
  campaign: CampaignRow,
  phases: readonly Counted[],
): Promise<StepResult> {
  const { tx, at } = work;
  const again = await fillAgainAt(work, campaign, phases);
  if (again !== undefined) {
    if (again > at) return "rest";
    for (const { row } of phases) await changePhase(tx, row, { filledAt: null, cursor: null, skipped: "{}" });
    return "more";
  }
  if (phases.some(({ tally }) => openOf(tally) > 0)) return "rest";
  if (phases.every(({ tally }) => sizeOf(tally) === 0)) {
    await haltCampaign(cloud, work, campaign, [{ kind: "nobody" }]);
    return "rest";
  }
  await changeCampaign(tx, campaign, { state: "completed", endedAt: at, settled: 1 });
  const { campaignId, name } = campaign;
  const payload = { name, jobs: phases.map(({ row, tally }) => ({ phase: row.name, ...tally })) };
  await work.audit(
    { action: "campaign.completed", subjectKind: "campaign", subjectId: campaignId, payload },
    BY,
  );
  return "rest";
}

const LOOK_AGAIN_MS = 10 * 60_000;

/** When phases are to look for vehicles again, UTC ms; undefined: never. */
async function fillAgainAt(
  work: Work,
  campaign: CampaignRow,
  phases: readonly Counted[],
): Promise<number | undefined> {
  if (campaign.dynamic === 0) return stragglersAt(work, campaign, phases);
  return Math.min(...phases.map(({ row }) => row.filledAt ?? work.at)) + LOOK_AGAIN_MS;
}

async function isPublished(
  { tx, organisationId }: Work,
  { releaseId }: Pick<CampaignRow, "releaseId">,
): Promise<boolean> {
  const release = await tx
    .selectFrom("releases")
    .select("state")
    .where("organisationId", "=", organisationId)
    .where("releaseId", "=", releaseId)
    .executeTakeFirst();
  return release?.state === "published";
}

/** What has changed since a campaign was approved, and keeps it from beginning by itself. */
async function hindrances(work: Work, campaign: CampaignRow): Promise<HaltReason[]> {
  const reasons: HaltReason[] = [];
  if (!(await isPublished(work, campaign))) reasons.push({ kind: "releaseWithdrawn" });
  if (isPast(consentOf(campaign), work.at)) reasons.push({ kind: "deadlinePast" });
  return reasons;
}

/** The kill switch: pauses and says why. */
export async function haltCampaign(
  cloud: Cloud,
  work: Work,
  campaign: CampaignRow,
  reasons: readonly HaltReason[],
): Promise<void> {
  const { campaignId, state } = campaign;
  await changeCampaign(work.tx, campaign, { state: "paused", haltedFor: JSON.stringify(reasons) });
  await wakeUndecided(cloud, work, campaign);
  await work.audit(
    {
      action: "campaign.halted",
      subjectKind: "campaign",
      subjectId: campaignId,
      payload: { before: { state }, after: { state: "paused" }, reasons },
    },
    BY,
  );
}
