import { expect, test } from "vitest";
import { ProgressLine } from "./progress-line.ts";

function written(isTTY: boolean, shares: readonly number[]): string[] {
  const lines: string[] = [];
  const out = { isTTY, write: (text: string) => lines.push(text) > 0 };
  const line = new ProgressLine(out);
  for (const share of shares) line.show(share);
  line.end();
  return lines;
}

test("U5 elsewhere than on a terminal each tenth is one line", () => {
  expect(written(false, [0.01, 0.09, 0.1, 0.14, 0.35, 0.36, 1])).toEqual(["10 %\n", "30 %\n", "100 %\n"]);
});

test("U5 on a terminal a bar moves, and is gone at the end", () => {
  const lines = written(true, [0, 0.5, 0.501, 1]);
  expect(lines).toHaveLength(4);
  expect(lines[1]).toBe(`\r\u001B[2K◉${"━".repeat(12)}${"─".repeat(12)}○  50 %`);
  expect(lines.at(-1)).toBe("\r\u001B[2K");
});
