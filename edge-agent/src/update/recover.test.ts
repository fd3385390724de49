import { expect, test } from "vitest";
import type { FactPayload } from "../journal/fact.ts";
import { facts, statement, testEcuPlan, testPlan } from "../journal/testing.ts";
import { startingPoint } from "./recover.ts";

const failure = { code: "FLASH_NO_ANSWER", operands: {} } as const;

/** The last facts of a job, and where it goes on. */
const table: readonly (readonly [string, FactPayload | undefined, string])[] = [
  ["offer done", undefined, "plan"],
  ["plan intent", undefined, "plan"],
  ["plan done", { plan: testPlan(testEcuPlan("E1")) }, "consent"],
  ["plan done", { plan: testPlan() }, "report"],
  ["plan failed", { failure }, "report"],
  ["consent intent", undefined, "consent"],
  ["consent decision", { consent: { answer: "install", startAt: 0 } }, "consent"],
  ["consent done", { answer: "ready" }, "download"],
  ["consent done", { answer: "declined" }, "report"],
  ["consent done", { answer: "expired" }, "report"],
  ["download intent", undefined, "download"],
  ["download done", undefined, "verify"],
  ["download failed", { failure }, "report"],
  ["verify intent", undefined, "verify"],
  ["verify done", undefined, "patch"],
  ["verify failed", { failure }, "report"],
  ["patch intent", undefined, "patch"],
  ["patch done", { fallBack: true }, "download"],
  ["flash done", { fallBack: true }, "download"],
  ["patch done", undefined, "readiness"],
  ["readiness intent", undefined, "readiness"],
  ["readiness done", { answer: "ready" }, "readiness"],
  ["readiness done", { answer: "later" }, "consent"],
  ["readiness done", { answer: "declined" }, "report"],
  ["readiness failed", { failure }, "report"],
  ["flash intent", undefined, "readiness"],
  ["flash done", undefined, "readiness"],
  ["flash failed", { failure }, "report"],
  ["activate intent", undefined, "activate"],
  ["activate done", undefined, "activate"],
  ["activate failed", { failure }, "confirm"],
  ["confirm intent", undefined, "activate"],
  ["confirm decision", { decision: "commit" }, "confirm"],
  ["confirm decision", { decision: "revert" }, "confirm"],
  ["confirm done", undefined, "report"],
  ["confirm failed", { failure }, "report"],
  ["report intent", { outcome: "succeeded" }, "report"],
  ["report done", undefined, "rest"],
];

test.each(table)("E2 after a power cut behind %s %o the job goes on with %s", (last, payload, expected) => {
  expect(startingPoint(facts(statement("offer done"), statement(last, payload)))).toBe(expected);
});

test("E10 a result that was seen and not delivered is still reported", () => {
  const seen = statement("report decision", { seen: true });
  expect(startingPoint(facts(statement("report intent"), seen))).toBe("report");
  expect(startingPoint(facts(statement("report done"), seen))).toBe("rest");
});

test("E2 an empty journal rests", () => {
  expect(startingPoint([])).toBe("rest");
});

test("E2 what a step did for a single ECU does not move the job on", () => {
  for (const kind of ["intent", "done", "failed"]) {
    const flashing = facts(statement("flash intent"), statement(`flash ${kind} E1`));
    expect(startingPoint(flashing)).toBe("readiness");
  }
});

test("E8 an ECU seen unhealthy before the power cut is decided upon, not tried again", () => {
  const seen = facts(statement("confirm intent"), statement("confirm failed E1", { failure }));
  expect(startingPoint(seen)).toBe("confirm");
});

test("E8 once the decision is written, nothing leads back before it", () => {
  const settled = facts(
    statement("activate intent"),
    statement("confirm intent"),
    statement("confirm decision", { decision: "commit" }),
    statement("confirm intent"),
  );
  expect(startingPoint(settled)).toBe("confirm");
});
