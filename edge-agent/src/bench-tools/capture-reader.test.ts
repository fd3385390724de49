import { expect, test } from "vitest";
import { explainCapture, readCapture } from "./capture-reader.ts";
import { all } from "./testing.ts";

async function* lines(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

const explained = (options: { channel?: string; others?: boolean }, ...texts: string[]) =>
  all(explainCapture(readCapture(lines(...texts)), { profiles: [], others: false, ...options }));

const ASKED = "(1436509052.000000) can0 7E0#0210030000000000";
const ANSWERED = "(1436509052.010000) can0 7E8#065003003201F400";

test("V5 explain reads a candump log as requests and answers", async () => {
  const text = (await explained({}, ASKED, "", ANSWERED)).map(({ line }) => line).join("\n");
  expect(text).toContain("→ ECU 7E0  DiagnosticSessionControl (10)");
  expect(text).toContain("session: extended (03)");
  expect(text).toContain("2 frames in 10 ms");
});

test("V5 explain keeps channels apart, or takes one of them", async () => {
  const other = ASKED.replace("can0", "can1");
  const both = await explained({}, ASKED, other);
  expect(new Set(both.map(({ channel }) => channel))).toEqual(new Set(["can0", "can1"]));
  const one = await explained({ channel: "can1" }, ASKED, other);
  expect(new Set(one.map(({ channel }) => channel))).toEqual(new Set(["can1"]));
});

test("V5 explain names the number of a damaged line", async () => {
  await expect(explained({}, ASKED, "(1436509052.0) can0 7E0#0")).rejects.toMatchObject({
    code: "CAPTURE_DAMAGED",
    message: expect.stringMatching(/^Line 2: /),
  });
});
