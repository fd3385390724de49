import { expect, test } from "vitest";
import { facts, statement } from "../journal/testing.ts";
import { draftOf } from "./events.ts";

const fact = (text: string, payload = {}) => facts(statement(text, payload))[0]!;

test("E10 an intent tells that its stage has started", () => {
  expect(draftOf(fact("download intent"))).toMatchObject({
    type: "stage",
    stage: "download",
    kind: "started",
  });
});

test("E10 the end of a stage tells how long it took and what it moved", () => {
  const done = fact("download done", { bytes: 42 });
  expect(draftOf(done, done.at - 1500)).toMatchObject({ kind: "done", durationMs: 1500, bytes: 42 });
});

test("E10 a clock that was set back gives no negative duration", () => {
  const done = fact("flash done");
  expect(draftOf(done, done.at + 1000)).toMatchObject({ durationMs: 0 });
});

test("E10 a failure travels with its code and operands", () => {
  const failure = { code: "CONSENT_DECLINED", operands: {} };
  expect(draftOf(fact("consent failed", { failure }))).toMatchObject({ kind: "failed", failure });
});

test("E8 the decision over all ECUs is told", () => {
  expect(draftOf(fact("confirm decision", { decision: "revert" }))).toMatchObject({
    kind: "decision",
    decision: "revert",
  });
});

test("E10 the outcome is told when the report begins, and nothing when it was delivered", () => {
  expect(draftOf(fact("report intent", { outcome: "succeeded" }))).toMatchObject({
    type: "outcome",
    outcome: "succeeded",
  });
  expect(draftOf(fact("report done"))).toBeUndefined();
});
