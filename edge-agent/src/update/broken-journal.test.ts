import { realClock } from "@halfshaft/vehicle-net/clock";
import { afterEach, expect, test } from "vitest";
import type { LevelDatabase } from "../journal/durable-store.ts";
import { DurableStore } from "../journal/durable-store.ts";
import { Journal } from "../journal/journal.ts";
import { statement, T0, testEcuPlan, testPlan } from "../journal/testing.ts";
import { startingPoint } from "./recover.ts";
import { runUpdate } from "./run-update.ts";
import { createSteps } from "./steps.ts";
import { type TestWorld, testWorld } from "./testing.ts";

const NEW = "ab".repeat(32);
let world: TestWorld;
afterEach(() => world.powerOff());

test("E8 a fact that cannot be written after the decision ends nothing: the job is taken up again and committed", async () => {
  world = await testWorld();
  let failures = 0;
  let brokenFrom = Number.POSITIVE_INFINITY;
  let writes = 0;
  const sometimesFull: LevelDatabase = {
    async batch(operations, options) {
      writes += 1;
      if (writes >= brokenFrom && failures < 1) {
        failures += 1;
        throw new RangeError("no space left on device");
      }
      await world.level.batch([...operations], options);
    },
    iterator: (range) => world.level.iterator(range),
    close: async () => {},
  };
  const journal = await Journal.open(new DurableStore(sometimesFull, realClock), () => T0);
  const deps = { ...world, journal };
  await journal.append(statement("plan done", { plan: testPlan(testEcuPlan("E1")) }));
  await journal.append(statement("flash done"));
  const ecu = world.ecus.named("E1");
  ecu.installed = NEW;
  ecu.phase = "checked";
  journal.subscribe((fact) => {
    if (fact.payload?.decision !== undefined) brokenFrom = writes + 1;
  });
  const steps = createSteps(deps);
  await world.clock.run(runUpdate(steps, journal.facts, world.signal));
  expect(failures).toBeGreaterThan(0);
  expect(startingPoint(journal.facts)).toBe("confirm");
  const noReport = { ...steps, report: async () => {} };
  for (let restart = 0; restart < 4; restart += 1) {
    await world.clock.run(runUpdate(noReport, journal.facts, world.signal));
  }
  expect(ecu.committed).toBe(NEW);
  expect(startingPoint(journal.facts)).toBe("report");
});
