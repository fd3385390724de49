import { setTimeout as sleep } from "node:timers/promises";
import { BenchError } from "../../bench-error.ts";
import type { BenchCloud } from "./bench-cloud.ts";
import { draftCampaign, publishRelease } from "./bench-release.ts";
import { rssFigure, type CloudResult } from "./cloud-result.ts";

const POLL_MS = 50;
const GIVE_UP_MS = 10 * 60_000;
/** A vehicle that asks again and again until it is offered something. */
const ASKING = 0;

/** Starts a campaign over the whole fleet: when the first vehicle is offered its job, and when all jobs are there. */
export async function campaignStart(bench: BenchCloud): Promise<CloudResult[]> {
  const { client, cloud, fleet, store } = bench;
  const campaignId = await draftCampaign(client, await publishRelease(client, "2.0.0"), { all: true });
  const begin = performance.now();
  const started = client.post(`/api/v1/campaigns/${campaignId}/start`);
  const firstOfferMs = await firstOffer(cloud.url, fleet.tokens[ASKING]!, begin);
  await started;
  const allJobsMs = await allJobs(bench, campaignId, begin);
  return [
    {
      name: "campaign-start",
      store: store.name,
      unit: "jobs",
      perSecond: Math.round((fleet.vehicles / allJobsMs) * 1000),
      p50Ms: null,
      p99Ms: null,
      rssMb: rssFigure(await cloud.peakRssMb()),
      ratio: null,
      firstOfferMs: Math.round(firstOfferMs),
      allJobsMs: Math.round(allJobsMs),
    },
  ];
}

async function firstOffer(url: string, token: string, begin: number): Promise<number> {
  for (; performance.now() - begin < GIVE_UP_MS; await sleep(POLL_MS)) {
    const answer = await fetch(`${url}/api/v1/device/offer`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { data } = (await answer.json()) as { data?: unknown };
    if (data) return performance.now() - begin;
  }
  throw new BenchError("TIMED_OUT", "the first vehicle was offered nothing");
}

async function allJobs({ store, fleet }: BenchCloud, campaignId: string, begin: number): Promise<number> {
  const db = await store.openDatabase();
  try {
    for (; performance.now() - begin < GIVE_UP_MS; await sleep(POLL_MS)) {
      const { jobs } = await db
        .selectFrom("jobs")
        .select((eb) => eb.fn.countAll<number>().as("jobs"))
        .where("campaignId", "=", campaignId)
        .executeTakeFirstOrThrow();
      if (jobs === fleet.vehicles) return performance.now() - begin;
    }
  } finally {
    await db.destroy();
  }
  throw new BenchError("TIMED_OUT", `the campaign has not got a job for each of ${fleet.vehicles} vehicles`);
}
