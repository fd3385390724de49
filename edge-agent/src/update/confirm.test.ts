import { afterEach, describe, expect, test } from "vitest";
import { endingOf } from "../journal/job-facts.ts";
import { statement, testEcuPlan, testOffer, testPlan } from "../journal/testing.ts";
import type { Plan } from "./plan-types.ts";
import { runUpdate } from "./run-update.ts";
import { createSteps } from "./steps.ts";
import { type TestWorld, testWorld } from "./testing.ts";

const NEW = "ab".repeat(32);
const IDS = ["E1", "E2", "E3"];
const plan: Plan = testPlan(...IDS.map((ecuId) => testEcuPlan(ecuId)));

/** A job whose banks are written: activate comes next. */
async function flashed(arrange: (world: TestWorld) => void = () => {}): Promise<TestWorld> {
  const world = await testWorld({ ecuIds: IDS });
  await world.journal.append(statement("plan done", { plan }));
  await world.journal.append(statement("flash done"));
  for (const ecu of world.ecus.ecus) {
    ecu.installed = NEW;
    ecu.phase = "checked";
  }
  arrange(world);
  return world;
}

/** Carries the job to its decision and behind it; reporting is not part of this. */
async function carryOn(world: TestWorld): Promise<void> {
  const steps = { ...createSteps(world), report: async () => {} };
  const running = runUpdate(steps, world.journal.facts, world.signal).catch(() => undefined);
  await world.clock.run(running, { capMs: 7_200_000 });
}

const running = (world: TestWorld): string[] =>
  world.ecus.ecus.map((ecu) => (ecu.runningSha256 === NEW ? "new" : "old"));
const isSettled = (world: TestWorld): boolean =>
  world.ecus.ecus.every(({ phase }) => phase === "idle" || phase === "checked");
const ending = (world: TestWorld) => {
  const { outcome, failure } = endingOf(world.journal.facts);
  return [outcome, failure?.code];
};

let world: TestWorld;
afterEach(() => world.powerOff());

test("E8 all healthy: one decision, then every ECU is committed", async () => {
  world = await flashed();
  await carryOn(world);
  expect(running(world)).toEqual(["new", "new", "new"]);
  expect(isSettled(world)).toBe(true);
  expect(ending(world)).toEqual(["succeeded", undefined]);
  const order = world.journal.facts.map(
    ({ kind, ecuId, payload }) => payload?.decision ?? `${kind} ${ecuId}`,
  );
  expect(order.indexOf("commit")).toBeGreaterThan(0);
  expect(order.filter((text) => text === "commit")).toHaveLength(1);
});

test("E8 no ECU is told to commit before the decision is in the journal", async () => {
  world = await flashed();
  const early: string[] = [];
  world.journal.subscribe((fact) => {
    if (fact.payload?.decision === undefined) return;
    early.push(...world.ecus.ecus.flatMap(({ calls }) => calls.filter((call) => call === "commit")));
  });
  await carryOn(world);
  expect(early).toEqual([]);
});

test("E9 one ECU that does not boot brings all back, with its name in the failure", async () => {
  world = await flashed(({ ecus }) => (ecus.named("E2").bootFails = true));
  await carryOn(world);
  expect(running(world)).toEqual(["old", "old", "old"]);
  expect(isSettled(world)).toBe(true);
  expect(ending(world)).toEqual(["rolledBack", "CONFIRM_BOOT_FAILED"]);
  expect(endingOf(world.journal.facts).failure).toMatchObject({
    ecuId: "E2",
    operands: { name: "Unit E2", version: "2.0.0", found: "1.0.0" },
  });
});

test("E8 an ECU that refuses to start the new software brings all back", async () => {
  world = await flashed(({ ecus }) => (ecus.named("E3").refusesActivation = true));
  await carryOn(world);
  expect(running(world)).toEqual(["old", "old", "old"]);
  expect(ending(world)).toEqual(["rolledBack", "ACTIVATE_REFUSED"]);
});

test("E8 an ECU that is reset between decision and commit is started and committed again", async () => {
  world = await flashed();
  world.journal.subscribe((fact) => {
    if (fact.payload?.decision === "commit") world.ecus.named("E1").reset();
  });
  await carryOn(world);
  expect(running(world)).toEqual(["new", "new", "new"]);
  expect(ending(world)).toEqual(["succeeded", undefined]);
});

test("E8 an ECU that cannot be brought to the decision ends the job failed, by name, and not safe", async () => {
  world = await flashed();
  world.journal.subscribe((fact) => {
    if (fact.payload?.decision === undefined) return;
    world.ecus.named("E1").bootFails = true;
    world.ecus.named("E1").reset();
  });
  await carryOn(world);
  expect(running(world)).toEqual(["old", "new", "new"]);
  expect(endingOf(world.journal.facts)).toMatchObject({
    outcome: "failed",
    safeToDrive: false,
    failure: { code: "CONFIRM_UNHEALTHY", ecuId: "E1" },
  });
});

test("E9 an ECU that stays silent after the decision is named as such", async () => {
  world = await flashed();
  world.journal.subscribe((fact) => {
    if (fact.payload?.decision !== undefined) world.ecus.named("E3").silent = true;
  });
  await carryOn(world);
  expect(ending(world)).toEqual(["failed", "CONFIRM_NO_ANSWER"]);
});

describe.each(["healthy", "boot failure of E2"])("E8 with %s", (condition) => {
  const arrange = ({ ecus }: TestWorld): void => {
    ecus.named("E2").bootFails = condition !== "healthy";
  };
  const expected = condition === "healthy" ? "new" : "old";

  /** Facts that an undisturbed run writes from here: every one is a place for the power to go. */
  async function countFacts(): Promise<number> {
    world = await flashed(arrange);
    const before = world.journal.facts.length;
    await carryOn(world);
    return world.journal.facts.length - before;
  }

  test("E8 a power cut behind any fact ends all-new or all-old, as decided", async () => {
    const count = await countFacts();
    expect(count).toBeGreaterThan(10);
    for (let cutAt = 1; cutAt <= count; cutAt += 1) {
      world = await flashed(arrange);
      const cut = world;
      let facts = 0;
      cut.journal.subscribe(() => {
        facts += 1;
        if (facts === cutAt) cut.powerOff();
      });
      await carryOn(cut);
      // The whole vehicle loses power: every trial ends.
      for (const ecu of cut.ecus.ecus) ecu.reset();
      world = await testWorld({ after: cut });
      await carryOn(world);
      expect([cutAt, ...running(world)]).toEqual([cutAt, expected, expected, expected]);
      expect(isSettled(world)).toBe(true);
    }
  });

  test("E8 a restart of the agent alone behind any fact ends all-new or all-old", async () => {
    const count = await countFacts();
    for (let cutAt = 1; cutAt <= count; cutAt += 1) {
      world = await flashed(arrange);
      const cut = world;
      let facts = 0;
      cut.journal.subscribe(() => {
        facts += 1;
        if (facts === cutAt) cut.powerOff();
      });
      await carryOn(cut);
      world = await testWorld({ after: cut });
      await carryOn(world);
      expect([cutAt, ...running(world)]).toEqual([cutAt, expected, expected, expected]);
      expect(isSettled(world)).toBe(true);
    }
  });
});

test("E2 the offer of these tests is what the journal begins with", async () => {
  world = await testWorld();
  expect(world.journal.facts[0]?.payload?.offer).toEqual(testOffer());
});
