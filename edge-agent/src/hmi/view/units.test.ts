import { expect, test } from "vitest";
import type { GatewayState, JobEcuState } from "../../gateway-state.ts";
import { fixtures } from "../fixtures.ts";
import { en } from "../texts.en.ts";
import { unitViews } from "./units.ts";

const marks = (state: GatewayState) => unitViews(state, en).map(({ status, word }) => `${status}: ${word}`);

function first(status: JobEcuState["status"], fraction?: number): string | undefined {
  const { job } = fixtures.progress;
  const ecus = job.ecus.map((ecu, at) => (at === 0 ? { ...ecu, status, fraction } : ecu));
  return marks({ ...fixtures.progress, job: { ...job, ecus } })[0];
}

test.each([
  ["downloading", 0.4, "working: 40 %"],
  ["downloading", 1, "waiting: Loaded"],
  ["patching", undefined, "working: Preparing"],
  ["flashing", 0.999, "working: 99 %"],
  ["flashing", undefined, "working: Writing"],
  ["installed", undefined, "installed: Installed"],
  ["onTrial", undefined, "onTrial: On trial"],
  ["committed", undefined, "installed: 2.0.0"],
  ["reverted", undefined, "reverted: 1.4.0"],
  ["failed", undefined, "unitFailed: Failed"],
  ["noAnswer", undefined, "silent: No answer"],
  ["waiting", undefined, "waiting: Next"],
] as const)("E11 a unit that is %s (%s) shows %s", (status, fraction, mark) => {
  expect(first(status, fraction)).toBe(mark);
});

test("E11 the offer shows what changes from what to what, and what stays", () => {
  expect(marks(fixtures.offer)).toEqual([
    "planned: 1.4.0 to 2.0.0",
    "planned: 3.1.2 to 3.2.0",
    "planned: 2.8.1 to 2.9.0",
    "unchanged: No change",
  ]);
});

test("E11 units stand in the vehicle's order, not the job's", () => {
  const { job } = fixtures.offer;
  const state = { ...fixtures.offer, job: { ...job, ecus: job.ecus.toReversed() } };
  expect(unitViews(state, en).map(({ name }) => name)).toEqual(fixtures.offer.ecus.map(({ name }) => name));
});

test("E11 after a rollback each unit shows the version that runs", () => {
  expect(marks(fixtures.rollback)).toEqual([
    "reverted: 1.4.0",
    "reverted: 3.1.2",
    "reverted: 2.8.1",
    "unchanged: No change",
  ]);
});

test("E11 a failure before the first write leaves every unit unchanged", () => {
  expect(marks(fixtures.refused).slice(0, 3)).toEqual([
    "unchanged: 1.4.0",
    "unchanged: 3.1.2",
    "unchanged: 2.8.1",
  ]);
});

test("E11 a lost unit is red only where it must not be driven", () => {
  expect(marks(fixtures.failed)[0]).toBe("lost: No answer");
});

test("E11 a unit that is silent at rest asks for attention, not for alarm", () => {
  const ecus = fixtures.idle.ecus.map((ecu) => ({ ...ecu, answers: "no" as const }));
  expect(marks({ ...fixtures.idle, ecus })[0]).toBe("silent: No answer");
});
