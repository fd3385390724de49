import { afterEach, beforeEach, expect, test } from "vitest";
import { JOB_STATUSES } from "../jobs/schema.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import { auditOf, registerFleet, settled, startNew, type TestFleet } from "./fleet.testing.ts";
import { createReconciler } from "./reconciler.ts";

let cloud: TestCloud;
beforeEach(async () => {
  // Limits count real minutes, in which days of virtual time pass.
  cloud = await testCloud({ config: { operatorRate: 1_000_000 } });
});
afterEach(() => cloud.close());

const VEHICLES = 1000;
const HOUR_MS = 3_600_000;
/** Each vehicle asks in its own hour of these, until it has had its update. */
const POLL_HOURS = 3;
/** Vehicles that do so in the same moment. */
const AT_ONCE = 20;
const HOURS_AWAY = 36;
const STORY_HOURS = 48;

/** What becomes of a vehicle, by its number: most are well. */
function fateOf(number: number): "well" | "rollsBack" | "declines" | "fallsSilent" | "isAway" {
  if (number % 125 === 7) return "rollsBack";
  if (number % 100 === 13) return "declines";
  if (number % 333 === 5) return "fallsSilent";
  return number % 50 === 3 ? "isAway" : "well";
}

/** A vehicle asks, and goes its way where it is offered something. @returns whether it did */
async function ask(fleet: TestFleet, number: number): Promise<boolean> {
  const vehicleId = fleet.vehicleIds[number]!;
  if (!(await fleet.offer(vehicleId))) return false;
  const fate = fateOf(number);
  if (fate === "rollsBack") await fleet.end(vehicleId, "rolledBack", "CONFIRM_BOOT_FAILED");
  else if (fate === "declines") await fleet.end(vehicleId, "declined");
  else if (fate === "fallsSilent") await fleet.begin(vehicleId);
  else await fleet.succeed(vehicleId);
  return true;
}

test(
  "C5 a vehicle simulator of 1,000 vehicles carries a three-phase campaign through",
  { timeout: 300_000 },
  async () => {
    const fleet = await registerFleet(cloud, VEHICLES);
    const gate = { successRate: 0.95, soakMs: 2 * HOUR_MS };
    const campaignId = await startNew(cloud, {
      seed: "summer",
      phases: [
        { name: "Canary", size: { percentage: 1 }, gate },
        { name: "Region", size: { percentage: 10 }, gate },
        { name: "World" },
      ],
      halt: { failureRate: 0.05, rollbackRate: 0.05, minimumSample: 50 },
    });
    const waiting = new Set(fleet.vehicleIds.keys());
    for (let hour = 0; hour < STORY_HOURS; hour += 1) {
      // Each instance lives for an hour: what one has begun another goes on with.
      const instance = createReconciler(
        () => cloud.cloud,
        (error) => void cloud.errors.push(error),
      );
      await instance.tick();
      const asking = [...waiting].filter(
        (number) =>
          number % POLL_HOURS === hour % POLL_HOURS && (fateOf(number) !== "isAway" || hour >= HOURS_AWAY),
      );
      for (let from = 0; from < asking.length; from += AT_ONCE) {
        const some = asking.slice(from, from + AT_ONCE);
        await Promise.all(
          some.map(async (number) => {
            if (await ask(fleet, number)) waiting.delete(number);
          }),
        );
      }
      await instance.close();
      cloud.clock.at += HOUR_MS;
    }

    const campaign = await settled(cloud, campaignId);
    const sizes = campaign.phases.map(({ jobs }) =>
      JOB_STATUSES.reduce((sum, status) => sum + jobs[status], 0),
    );
    expect(sizes).toEqual([10, 90, 900]);
    expect(campaign.jobs).toMatchObject({ succeeded: 979, rolledBack: 8, declined: 10, active: 3 });
    expect(campaign.phases.map(({ jobs }) => jobs.silent)).toEqual([0, 0, 3]);
    const [first, second, third] = campaign.phases.map(({ startedAt }) => startedAt!);
    expect(second! - first!).toBeGreaterThanOrEqual(2 * HOUR_MS);
    expect(third! - second!).toBeGreaterThanOrEqual(2 * HOUR_MS);
    const actions = (await auditOf(cloud, campaignId)).map(({ action }) => action);
    expect(actions.filter((action) => action === "campaign.phaseStarted")).toHaveLength(3);
    expect(cloud.errors).toEqual([]);
  },
);
