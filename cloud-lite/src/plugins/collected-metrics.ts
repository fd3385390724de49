import { Gauge, Registry } from "prom-client";
import type { Cloud } from "../cloud.ts";
import { within } from "../within.ts";

/** Counting is kept off the database between scrapes that come this close together. */
const FRESH_MS = 5000;
/** Below the time that Prometheus waits for a scrape. */
const ANSWER_MS = 3000;
/** Campaigns that get labels of their own: the newest ones under way. */
const MAX_CAMPAIGNS = 50;
const UNDER_WAY = ["active", "paused"] as const;

type JobCounts = readonly { readonly campaignId: string; readonly status: string; readonly count: number }[];

/**
 * How the rollouts of an organisation stand, as text of Prometheus: not for everyone who may scrape. Empty while the
 * database does not answer.
 */
export type RolloutMetrics = (organisationId: string) => Promise<string>;

export function rolloutMetrics(cloud: Cloud): RolloutMetrics {
  const last = new Map<string, { readonly at: number; readonly text: Promise<string> }>();
  return (organisationId) => {
    const known = last.get(organisationId);
    if (known && cloud.now() - known.at <= FRESH_MS) return known.text;
    const text = within(ANSWER_MS, countJobs(cloud, organisationId)).then(rolloutText, () => "");
    last.set(organisationId, { at: cloud.now(), text });
    return text;
  };
}

async function rolloutText(jobs: JobCounts): Promise<string> {
  const registry = new Registry();
  const byStatus = new Gauge({
    name: "halfshaft_campaign_jobs",
    help: "Jobs of the campaigns under way, by status",
    labelNames: ["campaign", "status"],
    registers: [registry],
  });
  for (const { campaignId, status, count } of jobs) byStatus.set({ campaign: campaignId, status }, count);
  const success = new Gauge({
    name: "halfshaft_rollout_success_ratio",
    help: "Of the ended jobs of a campaign under way, the share that succeeded",
    labelNames: ["campaign"],
    registers: [registry],
  });
  for (const [campaign, ratio] of successRatios(jobs)) success.set({ campaign }, ratio);
  return registry.metrics();
}

/** Gauges that are counted when they are asked for: what waits to be done, and whether the database answers. */
export function addCollectedMetrics(cloud: Cloud): void {
  const { registry } = cloud.metrics;
  const last: { at: number; counts?: Promise<Waiting | undefined> } = { at: 0 };
  const counts = (): Promise<Waiting | undefined> => {
    if (!last.counts || cloud.now() - last.at > FRESH_MS) {
      last.at = cloud.now();
      last.counts = within(ANSWER_MS, countWaiting(cloud)).catch(() => undefined);
    }
    return last.counts;
  };
  registry.registerMetric(
    new Gauge({
      name: "halfshaft_queue_depth",
      help: "What waits to be done",
      labelNames: ["queue"],
      registers: [],
      async collect() {
        const waiting = await counts();
        this.reset();
        if (!waiting) return;
        this.set({ queue: "deltas" }, waiting.deltas);
        this.set({ queue: "webhooks" }, waiting.webhooks);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "halfshaft_store_up",
      help: "Whether the database answers",
      registers: [],
      async collect() {
        this.set((await counts()) ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "halfshaft_live_readers",
      help: "Open live streams",
      registers: [],
      collect() {
        this.set(cloud.live.readers());
      },
    }),
  );
}

const ENDED: ReadonlySet<string> = new Set(["succeeded", "rolledBack", "failed"]);

/** By campaign; one without an ended job has no ratio yet. */
export function successRatios(jobs: JobCounts): Map<string, number> {
  const sums = new Map<string, { ended: number; succeeded: number }>();
  for (const { campaignId, status, count: jobsOfStatus } of jobs) {
    if (!ENDED.has(status)) continue;
    const sum = sums.get(campaignId) ?? { ended: 0, succeeded: 0 };
    sum.ended += jobsOfStatus;
    if (status === "succeeded") sum.succeeded += jobsOfStatus;
    sums.set(campaignId, sum);
  }
  return new Map([...sums].map(([campaignId, { ended, succeeded }]) => [campaignId, succeeded / ended]));
}

async function countJobs({ db }: Cloud, organisationId: string): Promise<JobCounts> {
  const campaigns = await db
    .selectFrom("campaigns")
    .select("campaignId")
    .where("organisationId", "=", organisationId)
    .where("state", "in", UNDER_WAY)
    .orderBy("campaignId", "desc")
    .limit(MAX_CAMPAIGNS)
    .execute();
  if (campaigns.length === 0) return [];
  const ids = campaigns.map(({ campaignId }) => campaignId);
  const jobs = await db
    .selectFrom("jobs")
    .select((eb) => ["campaignId", "status", eb.fn.countAll<number | string>().as("count")])
    .where("organisationId", "=", organisationId)
    .where("campaignId", "in", ids)
    .groupBy(["campaignId", "status"])
    .execute();
  return jobs.map(({ count, ...rest }) => ({ ...rest, count: Number(count) }));
}

interface Waiting {
  readonly deltas: number;
  readonly webhooks: number;
}

async function countWaiting({ db, now }: Cloud): Promise<Waiting> {
  const deltas = await db
    .selectFrom("deltas")
    .select((eb) => eb.fn.countAll<number | string>().as("count"))
    .where("state", "=", "pending")
    .executeTakeFirstOrThrow();
  const webhooks = await db
    .selectFrom("webhooks")
    .select((eb) => eb.fn.countAll<number | string>().as("count"))
    .where("state", "=", "active")
    .where("failures", ">", 0)
    .where("nextAt", ">", now())
    .executeTakeFirstOrThrow();
  return {
    deltas: Number(deltas.count),
    webhooks: Number(webhooks.count),
  };
}
