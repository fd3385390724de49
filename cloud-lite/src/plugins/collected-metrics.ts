import { Gauge } from "prom-client";
import type { Cloud } from "../cloud.ts";

/** Counting is kept off the database between scrapes that come this close together. */
const FRESH_MS = 5000;
/** Campaigns that get labels of their own: the newest ones under way. */
const MAX_CAMPAIGNS = 50;
const UNDER_WAY = ["active", "paused"] as const;

interface Counts {
  readonly jobs: readonly { campaignId: string; status: string; count: number }[];
  readonly deltas: number;
  readonly webhooks: number;
}

/** Gauges that are counted when they are asked for: how the rollouts stand, and what waits to be done. */
export function addCollectedMetrics(cloud: Cloud): void {
  const { registry } = cloud.metrics;
  const last: { at: number; counts?: Promise<Counts> } = { at: 0 };
  const counts = (): Promise<Counts> => {
    if (!last.counts || cloud.now() - last.at > FRESH_MS) {
      last.at = cloud.now();
      last.counts = count(cloud);
    }
    return last.counts;
  };
  registry.registerMetric(
    new Gauge({
      name: "halfshaft_campaign_jobs",
      help: "Jobs of the campaigns under way, by status",
      labelNames: ["campaign", "status"],
      registers: [],
      async collect() {
        this.reset();
        for (const { campaignId, status, count: jobs } of (await counts()).jobs) {
          this.set({ campaign: campaignId, status }, jobs);
        }
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "halfshaft_rollout_success_ratio",
      help: "Of the ended jobs of a campaign under way, the share that succeeded",
      labelNames: ["campaign"],
      registers: [],
      async collect() {
        this.reset();
        for (const [campaign, ratio] of successRatios((await counts()).jobs)) this.set({ campaign }, ratio);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "halfshaft_queue_depth",
      help: "What waits to be done",
      labelNames: ["queue"],
      registers: [],
      async collect() {
        const { deltas, webhooks } = await counts();
        this.set({ queue: "deltas" }, deltas);
        this.set({ queue: "webhooks" }, webhooks);
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
export function successRatios(jobs: Counts["jobs"]): Map<string, number> {
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

async function count({ db, now }: Cloud): Promise<Counts> {
  const campaigns = await db
    .selectFrom("campaigns")
    .select("campaignId")
    .where("state", "in", UNDER_WAY)
    .orderBy("campaignId", "desc")
    .limit(MAX_CAMPAIGNS)
    .execute();
  const ids = campaigns.map(({ campaignId }) => campaignId);
  const jobs =
    ids.length === 0
      ? []
      : await db
          .selectFrom("jobs")
          .select((eb) => ["campaignId", "status", eb.fn.countAll<number | string>().as("count")])
          .where("campaignId", "in", ids)
          .groupBy(["campaignId", "status"])
          .execute();
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
    jobs: jobs.map(({ count: ofStatus, ...rest }) => ({ ...rest, count: Number(ofStatus) })),
    deltas: Number(deltas.count),
    webhooks: Number(webhooks.count),
  };
}
