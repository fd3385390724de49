import { sql } from "kysely";
import { STAGES, type Stage } from "@halfshaft/ota-format";
import type { Database } from "../db/database.ts";
import { talliesOf } from "./counts.ts";
import { NO_JOBS, ratesOf, type Rates, type Tally } from "./rates.ts";
import { getCampaignRow, phasesOf, type CampaignRow } from "./store.ts";

/** How long a step took, over the jobs that ended: whole milliseconds. */
export interface StepTime {
  readonly stage: Stage;
  readonly jobs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Numbers of a campaign or a phase. A rate is left out while there is nothing to make it of. */
export interface Numbers {
  readonly jobs: Tally;
  readonly rates: Pick<Rates, "judged"> & Partial<Rates>;
  readonly steps: StepTime[];
}

/** Ends within `bucketMs` from `at` on, by the cloud's clock. */
export type ProgressPoint = { readonly at: number } & Readonly<Record<Ended, number>>;
const ENDED = ["succeeded", "failed", "rolledBack", "declined", "expired"] as const;
type Ended = (typeof ENDED)[number];

export interface CampaignMetrics {
  readonly campaignId: string;
  readonly overall: Numbers;
  readonly phases: ({ readonly phaseId: string; readonly name: string } & Numbers)[];
  readonly progress: { readonly bucketMs: number; readonly points: ProgressPoint[] };
}

/** C11: how a campaign goes, as a whole and by phase. @throws {Refusal} CAMPAIGN_UNKNOWN */
export async function metricsOf(
  db: Database,
  organisationId: string,
  campaignId: string,
  at: number,
): Promise<CampaignMetrics> {
  const campaign = await getCampaignRow(db, organisationId, campaignId);
  const { silenceMs } = campaign;
  const rows = await phasesOf(db, organisationId, [campaignId]);
  const counted = rows.map(({ phaseId }) => ({ phaseId, silenceMs }));
  const tallies = await talliesOf(db, organisationId, at, counted);
  const phases = [];
  for (const { phaseId, name } of rows) {
    const steps = await stepTimes(db, organisationId, "phaseId", phaseId);
    phases.push({ phaseId, name, ...numbersOf(tallies.get(phaseId)!, steps) });
  }
  const overall = [...tallies.values()].reduce(sum, NO_JOBS);
  return {
    campaignId,
    overall: numbersOf(overall, await stepTimes(db, organisationId, "campaignId", campaignId)),
    phases,
    progress: await progressOf(db, campaign, at),
  };
}

function numbersOf(jobs: Tally, steps: StepTime[]): Numbers {
  const rates = ratesOf(jobs);
  return { jobs, rates: rates.judged === 0 ? { judged: 0 } : rates, steps };
}

const sum = (a: Tally, b: Tally): Tally =>
  Object.fromEntries(
    (Object.keys(NO_JOBS) as (keyof Tally)[]).map((key) => [key, a[key] + b[key]]),
  ) as Record<keyof Tally, number>;

/** Nearest-rank percentiles, each read from an index. */
async function stepTimes(
  db: Database,
  organisationId: string,
  of: "campaignId" | "phaseId",
  id: string,
): Promise<StepTime[]> {
  const rows = db.selectFrom("jobSteps").where("organisationId", "=", organisationId).where(of, "=", id);
  const counted = await rows
    .select((eb) => ["stage", eb.fn.countAll<number>().as("jobs")])
    .groupBy("stage")
    .execute();
  const times: StepTime[] = [];
  for (const stage of STAGES) {
    const jobs = counted.find((row) => row.stage === stage)?.jobs ?? 0;
    if (jobs === 0) continue;
    const percentile = async (share: number): Promise<number> => {
      const { durationMs } = await rows
        .select("durationMs")
        .where("stage", "=", stage)
        .orderBy("durationMs")
        .offset(Math.ceil(jobs * share) - 1)
        .limit(1)
        .executeTakeFirstOrThrow();
      return durationMs;
    };
    times.push({ stage, jobs, p50Ms: await percentile(0.5), p95Ms: await percentile(0.95) });
  }
  return times;
}

const BUCKETS = 100;
const MINUTE_MS = 60_000;

async function progressOf(
  db: Database,
  { organisationId, campaignId, startedAt, endedAt }: CampaignRow,
  at: number,
): Promise<CampaignMetrics["progress"]> {
  const spanMs = (endedAt ?? at) - (startedAt ?? at);
  const bucketMs = Math.max(1, Math.ceil(spanMs / BUCKETS / MINUTE_MS)) * MINUTE_MS;
  // Vehicles' clocks may be wrong: what counts is when the cloud heard of the end. A literal, for whole division.
  const bucket = sql<number>`coalesce(heard_at, ended_at) / ${sql.lit(bucketMs)}`;
  const rows = await db
    .selectFrom("jobs")
    .select((eb) => [bucket.as("bucket"), "status", eb.fn.countAll<number>().as("count")])
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("status", "in", ENDED)
    .groupBy([bucket, "status"])
    .execute();
  const points = new Map<number, Record<Ended, number> & { at: number }>();
  for (const row of rows.toSorted((a, b) => a.bucket - b.bucket)) {
    const from = row.bucket * bucketMs;
    const point = points.get(from) ?? {
      at: from,
      succeeded: 0,
      failed: 0,
      rolledBack: 0,
      declined: 0,
      expired: 0,
    };
    point[row.status as Ended] += row.count;
    points.set(from, point);
  }
  return { bucketMs, points: [...points.values()] };
}
