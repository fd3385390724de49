import type { Scope } from "../access/grants.ts";
import type { Database } from "../db/database.ts";
import { JOB_STATUSES } from "../jobs/schema.ts";
import { present } from "../vehicles/store.ts";
import { talliesOf } from "./counts.ts";
import { GATE_DEFAULTS, missingAt } from "./gates.ts";
import { HALT_DEFAULTS, type HaltReason, type HaltRules } from "./halt.ts";
import { partOf } from "./part.ts";
import { NO_JOBS, type Tally } from "./rates.ts";
import { reachesAll } from "./reach.ts";
import { PRIORITIES, SKIP_REASONS, type Campaign, type Phase } from "./schema.ts";
import {
  consentOf,
  getCampaignRow,
  phasesOf,
  planOf,
  revertersOf,
  safetyPolicyOf,
  targetOf,
  type CampaignRow,
  type PhaseRow,
} from "./store.ts";

/** @throws {Refusal} CAMPAIGN_UNKNOWN */
export async function readCampaign(
  db: Database,
  organisationId: string,
  campaignId: string,
  at: number,
  scopes?: readonly Scope[],
): Promise<Campaign> {
  const row = await getCampaignRow(db, organisationId, campaignId);
  return (await viewsOf(db, organisationId, [row], at, scopes))[0]!;
}

/**
 * Campaigns with the numbers of their jobs.
 * @param scopes which vehicles whoever asks may see. Left out: all.
 */
export async function viewsOf(
  db: Database,
  organisationId: string,
  rows: readonly CampaignRow[],
  at: number,
  scopes?: readonly Scope[],
): Promise<Campaign[]> {
  const phases = await phasesOf(
    db,
    organisationId,
    rows.map((row) => row.campaignId),
  );
  const silence = new Map(rows.map((row) => [row.campaignId, row.silenceMs]));
  const tallies = await talliesOf(
    db,
    organisationId,
    at,
    phases.map(({ phaseId, campaignId }) => ({ phaseId, silenceMs: silence.get(campaignId)! })),
  );
  const reverters = await revertersOf(
    db,
    organisationId,
    rows.filter(({ state }) => state === "reverted").map(({ campaignId }) => campaignId),
  );
  const views: Campaign[] = [];
  for (const row of rows) {
    const own = phases.filter((phase) => phase.campaignId === row.campaignId);
    const phaseViews = own.map((phase, i) =>
      phaseView(phase, tallies.get(phase.phaseId) ?? NO_JOBS, i === own.length - 1, at),
    );
    const jobs = jobsOf(phaseViews);
    const revertedBy = reverters.get(row.campaignId) ?? null;
    const view = {
      ...campaignView(row),
      ...present({ revertedBy }),
      phases: phaseViews,
      jobs,
      skipped: skippedOf(row, own),
    };
    const isWhole = scopes === undefined || reachesAll(row, scopes);
    views.push(isWhole ? view : await partOf(db, view, { organisationId, scopes, at }));
  }
  return views;
}

function campaignView(row: CampaignRow) {
  return {
    ...present({
      campaignId: row.campaignId,
      name: row.name,
      releaseId: row.releaseId,
      state: row.state,
      kind: row.kind,
      seed: row.seed,
      silenceMs: row.silenceMs,
      downloadBytesPerSecond: row.downloadBytesPerSecond,
      startAt: row.startAt,
      authorId: row.authorId,
      approverId: row.approverId,
      approvedAt: row.approvedAt,
      revertsCampaignId: row.revertsCampaignId,
      createdAt: row.createdAt,
      startedAt: row.startedAt,
      endedAt: row.endedAt,
    }),
    priority: PRIORITIES[row.priority]!,
    dynamic: row.dynamic === 1,
    halt: haltRulesOf(row),
    target: targetOf(row),
    consent: consentOf(row),
    safetyPolicy: safetyPolicyOf(row),
    ...(row.haltedFor === null ? {} : { haltedFor: readableReasons(row.haltedFor) }),
  };
}

export const haltRulesOf = (row: CampaignRow): HaltRules => ({
  ...HALT_DEFAULTS,
  ...(JSON.parse(row.halt) as Partial<HaltRules>),
});

const readableReasons = (text: string) =>
  (JSON.parse(text) as HaltReason[]).map((reason) =>
    "missing" in reason ? { ...reason, missing: [...reason.missing] } : reason,
  );

function phaseView(row: PhaseRow, tally: Tally, isLast: boolean, at: number): Phase {
  const plan = planOf(row);
  const { phaseId, position, name, startedAt, filledAt, sampledAt } = row;
  const runs = startedAt !== null && !isLast;
  return {
    ...present({ phaseId, position, name, startedAt, filledAt }),
    ...plan,
    jobs: { ...tallyOf(JOB_STATUSES, tally), silent: tally.silent, blocked: tally.blocked },
    waitsFor: runs
      ? missingAt({ ...GATE_DEFAULTS, ...plan.gate }, { tally, filled: filledAt !== null, sampledAt, at })
      : [],
  };
}

const jobsOf = (phases: readonly Phase[]): Campaign["jobs"] =>
  Object.fromEntries(
    JOB_STATUSES.map((status) => [status, phases.reduce((sum, phase) => sum + phase.jobs[status], 0)]),
  ) as Campaign["jobs"];

/** Campaigns from before there were phases counted as a whole. */
function skippedOf(row: CampaignRow, phases: readonly PhaseRow[]): Campaign["skipped"] {
  const counted = [row.skipped, ...phases.map((phase) => phase.skipped)].map(
    (text) => JSON.parse(text) as Partial<Record<string, number>>,
  );
  return Object.fromEntries(
    SKIP_REASONS.map((reason) => [reason, counted.reduce((sum, one) => sum + (one[reason] ?? 0), 0)]),
  ) as Campaign["skipped"];
}

/** The given keys alone. */
const tallyOf = <K extends keyof Tally>(keys: readonly K[], tally: Tally): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, tally[key]])) as Record<K, number>;
