/** A line with what belongs to it. */
export interface Branch {
  readonly text: string;
  readonly children?: readonly Branch[];
}

/** Branches as lines, each behind its stroke: `├ `, `└ ` and, for what is deeper, `│ `. */
export function drawBranches(branches: readonly Branch[]): string[] {
  return branches.flatMap(({ text, children = [] }, i) => {
    const isLast = i === branches.length - 1;
    const deeper = drawBranches(children).map((line) => `${isLast ? "  " : "│ "}${line}`);
    return [`${isLast ? "└ " : "├ "}${text}`, ...deeper];
  });
}

const TIME_WIDTH = 12;
const INDENT = " ".repeat(TIME_WIDTH + "ms  → ".length + 1);

/** What a line is about: a request, an answer, something that went wrong, anything else. */
export type Sign = "→" | "←" | "!" | "·";

/** A headline with its time (ms since the first frame, to the microsecond) and its branches below. */
export function drawEvent(
  atMs: number,
  sign: Sign,
  headline: string,
  branches: readonly Branch[] = [],
): string[] {
  const head = `${atMs.toFixed(3).padStart(TIME_WIDTH)} ms  ${sign} ${headline}`;
  return [head, ...drawBranches(branches).map((line) => INDENT + line)];
}
