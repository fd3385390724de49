import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Output } from "./output.ts";

/** A stream that keeps what is written to it. */
function stream(isTTY: boolean) {
  const out = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream & PassThrough;
  return { out, written: () => String(out.read() ?? "") };
}

test("E12 a pipe gets lines of JSON, a terminal gets text", () => {
  const pipe = stream(false);
  new Output(pipe.out, undefined).tell({ did: "F195" }, "F195: 1.0.0");
  expect(pipe.written()).toBe('{"did":"F195"}\n');
  const terminal = stream(true);
  new Output(terminal.out, undefined).tell({ did: "F195" }, "F195: 1.0.0");
  expect(terminal.written()).toBe("F195: 1.0.0\n");
});

test("E12 --json gives a terminal lines of JSON too, without what only a person reads", () => {
  const { out, written } = stream(true);
  const output = new Output(out, true);
  output.say("Listening.");
  output.tell({ done: true }, "Done.");
  expect(written()).toBe('{"done":true}\n');
});

test("E12 progress in a pipe is a line for each whole percent, with the seconds that remain", () => {
  const { out, written } = stream(false);
  const output = new Output(out, undefined);
  for (const fraction of [0, 0.001, 0.009, 0.01, 0.5]) output.progress("flash", fraction, 1500);
  expect(written().trim().split("\n")).toEqual([
    '{"progress":"flash","percent":0,"remainingSeconds":2}',
    '{"progress":"flash","percent":1,"remainingSeconds":2}',
    '{"progress":"flash","percent":50,"remainingSeconds":2}',
  ]);
});

test("E12 progress on a terminal is a bar in one line, and what comes next replaces it", () => {
  const { out, written } = stream(true);
  const output = new Output(out, undefined);
  output.progress("flash", 0.5, 20_000);
  expect(written()).toBe("\r\u001B[2Kflash      ◉━━━━━━━━━━━━────────────○  50 %  about 20 s left");
  output.tell({}, "found");
  expect(written()).toBe("\r\u001B[2Kfound\n");
});

test("E12 a verb that does something outlives whoever reads its output", () => {
  const { out } = stream(false);
  new Output(out, undefined).tell({}, "");
  const closed = Object.assign(new TypeError("write EPIPE"), { code: "EPIPE" });
  expect(() => out.emit("error", closed)).not.toThrow();
});
