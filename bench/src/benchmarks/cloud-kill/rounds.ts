import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { operatorKeyFile } from "@halfshaft/cloud-lite";
import { BenchError } from "../../bench-error.ts";
import { CloudClient } from "../../demo/cloud-client.ts";
import { cloudArgs } from "../cloud/bench-cloud.ts";
import { draftCampaign, publishRelease } from "../cloud/bench-release.ts";
import { startProgram } from "../cloud/programs.ts";
import { seedFleet, type Fleet } from "../cloud/seed.ts";
import { openStore, type BenchStore, type StoreName } from "../cloud/store.ts";
import { jobsTwice, lostOf, type Acknowledged } from "./acknowledged.ts";
import { Writers } from "./writers.ts";

export interface KillResult {
  readonly name: "cloud-kill";
  readonly store: StoreName;
  readonly rounds: number;
  readonly acknowledgedEvents: number;
  readonly acknowledgedVehicles: number;
  /** Acknowledged, and not there after the kill. */
  readonly lost: number;
  readonly jobsTwice: number;
  /** Entries of an audit log that verifies. */
  readonly auditEntries: number;
}

const VEHICLES = 2000;
const CLOUD = fileURLToPath(new URL("../../../../cloud-lite/src/main.ts", import.meta.url));
/** After the cloud is ready; so some kills fall into its first work after the one before. */
const KILL_AFTER_MS = { from: 50, to: 1500 };
const run = promisify(execFile);

/**
 * Kills a cloud under write load, starts it again, and looks whether all is there that it had acknowledged.
 * @throws {BenchError} `UNEXPECTED_RESULT` at the first round that lost something
 */
export async function killRounds(
  name: StoreName,
  rounds: number,
  onRound: (round: number) => void,
): Promise<KillResult> {
  const store = await openStore(name);
  try {
    const { fleet, campaignId, operatorKey } = await prepare(store);
    const acknowledged: Acknowledged = {
      eventIds: new Set(),
      vehicleIds: new Set(),
      campaign: { id: campaignId, state: "active" },
    };
    const counter = { next: 1 };
    let events = 0;
    let vehicles = 0;
    for (let round = 1; round <= rounds; round++) {
      const cloud = await startProgram("cloud", cloudArgs(store.args));
      const writers = new Writers(cloud.url, operatorKey, fleet, acknowledged, counter);
      const written = writers.run();
      written.catch(() => undefined);
      const { from, to } = KILL_AFTER_MS;
      await Promise.race([written, sleep(from + Math.random() * (to - from))]);
      writers.isStopped = true;
      await cloud.stop("SIGKILL");
      await written;
      await check(store, acknowledged, round);
      events += acknowledged.eventIds.size;
      vehicles += acknowledged.vehicleIds.size;
      acknowledged.eventIds.clear();
      acknowledged.vehicleIds.clear();
      onRound(round);
    }
    return {
      name: "cloud-kill",
      store: name,
      rounds,
      acknowledgedEvents: events,
      acknowledgedVehicles: vehicles,
      lost: 0,
      jobsTwice: 0,
      auditEntries: await auditEntries(store),
    };
  } finally {
    await store.close();
  }
}

/** A fleet, and a campaign over all of it that has begun. */
async function prepare(
  store: BenchStore,
): Promise<{ fleet: Fleet; campaignId: string; operatorKey: string }> {
  const db = await store.openDatabase();
  const fleet = await seedFleet(db, VEHICLES, Date.now());
  await db.destroy();
  const operatorKey = (await readFile(operatorKeyFile(store.folder), "utf8")).trim();
  const cloud = await startProgram("cloud", cloudArgs(store.args));
  try {
    const client = new CloudClient(cloud.url, operatorKey);
    const campaignId = await draftCampaign(client, await publishRelease(client, "2.0.0"), { all: true });
    await client.post(`/api/v1/campaigns/${campaignId}/start`);
    return { fleet, campaignId, operatorKey };
  } finally {
    // In the middle of making the jobs.
    await cloud.stop("SIGKILL");
  }
}

async function check(store: BenchStore, acknowledged: Acknowledged, round: number): Promise<void> {
  const db = await store.openDatabase();
  try {
    const lost = await lostOf(db, acknowledged);
    if (lost.length > 0) {
      throw new BenchError("UNEXPECTED_RESULT", `round ${round} lost ${lost.slice(0, 5).join(", ")}`);
    }
    const twice = await jobsTwice(db);
    if (twice > 0)
      throw new BenchError("UNEXPECTED_RESULT", `round ${round}: ${twice} vehicles with two jobs`);
    const { state } = await db
      .selectFrom("campaigns")
      .select("state")
      .where("campaignId", "=", acknowledged.campaign.id)
      .executeTakeFirstOrThrow();
    acknowledged.campaign.state = state;
    acknowledged.campaign.maybe = undefined;
  } finally {
    await db.destroy();
  }
}

/** By the cloud's own verb. @throws where the log does not verify */
async function auditEntries(store: BenchStore): Promise<number> {
  const { stdout } = await run(process.execPath, [CLOUD, "audit", "verify", ...store.args]);
  return Number(/(\d+)/.exec(stdout)?.[1] ?? 0);
}
