import { expect, test } from "vitest";
import { facts, statement, testOffer } from "../journal/testing.ts";
import type { Statement } from "../journal/fact.ts";
import { eventsOf } from "./fact-events.ts";

/** The events of the last of these statements. */
const last = (...statements: readonly Statement[]) => {
  const all = facts(...statements);
  return eventsOf(all.at(-1)!, all.slice(0, -1));
};

test("E10 an intent tells that its stage has started", () => {
  expect(last(statement("download intent"))).toMatchObject([
    { type: "stage", stage: "download", kind: "started" },
  ]);
});

test("E10 the end of a stage tells how long it took since it was opened", () => {
  const done = last(statement("flash intent"), statement("flash intent E1"), statement("flash done"));
  expect(done).toMatchObject([{ stage: "flash", kind: "done", durationMs: 2 }]);
});

test("E10 the end of an ECU's part is measured from its own start, and tells its bytes", () => {
  const steps = ["flash intent", "flash intent E1", "flash intent E2"].map((text) => statement(text));
  const done = last(...steps, statement("flash done E1", { bytes: 42 }));
  expect(done).toMatchObject([{ ecuId: "E1", durationMs: 2, bytes: 42 }]);
});

test("E10 a failure travels with its code and operands", () => {
  const failure = { code: "CONSENT_DECLINED", operands: {} } as const;
  expect(last(statement("consent failed", { failure }))).toMatchObject([{ kind: "failed", failure }]);
});

test("E8 the decision over all ECUs is told", () => {
  expect(last(statement("confirm decision", { decision: "revert" }))).toMatchObject([
    { kind: "decision", decision: "revert" },
  ]);
});

test("E10 the outcome follows the start of its report", () => {
  expect(last(statement("report intent", { outcome: "succeeded" }))).toMatchObject([
    { type: "stage", stage: "report", kind: "started" },
    { type: "outcome", outcome: "succeeded" },
  ]);
});

test("E11 that the driver has seen the result is not the cloud's business", () => {
  expect(last(statement("report decision", { seen: true }))).toEqual([]);
});

test("A10 the trace of the offer goes with every event of the job", () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const offer = testOffer({ traceparent });
  const [event] = last(statement("offer done", { offer }), statement("plan intent"));
  expect(event).toMatchObject({ traceparent });
});
