import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { fixtures } from "../hmi/fixtures.ts";
import { ProgressView } from "./progress-view.ts";

function shown(isTTY: boolean, ...names: readonly (keyof typeof fixtures)[]): string {
  const stream = new PassThrough();
  const out = Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream;
  const view = new ProgressView(out);
  for (const name of names) view.show(fixtures[name]);
  return String(stream.read() ?? "");
}

test("E12 on a terminal every ECU has its bar, drawn over the last one", () => {
  const text = shown(true, "download", "progress");
  expect(text).toContain("Driver assistance");
  expect(text).toContain("━");
  expect(text).toContain("\u001B[4A");
});

test("E12 elsewhere each change is one line of JSON", () => {
  const lines = shown(false, "progress", "progress", "success").trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { job: { stage: string } }).job.stage)).toEqual([
    "flash",
    "report",
  ]);
});

test("E12 a failure is said as its sentence", () => {
  expect(shown(true, "rollback")).toContain(
    "Driver assistance did not start version 3.2.0 and is back on 3.1.2.",
  );
});
