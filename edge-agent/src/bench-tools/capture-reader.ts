import { CanError, type CandumpEntry, parseCandumpLine } from "@halfshaft/vehicle-net/can";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { Explainer } from "@halfshaft/vehicle-net/explain";
import { BenchToolError } from "./bench-tool-error.ts";

/**
 * Frames of a candump log, line by line.
 * @throws {BenchToolError} `CAPTURE_DAMAGED` with the number of the line
 */
export async function* readCapture(lines: AsyncIterable<string>): AsyncGenerator<CandumpEntry> {
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const entry = parse(line, number);
    if (entry !== undefined) yield entry;
  }
}

export interface ExplainedLine {
  /** `can0` */
  readonly channel: string;
  readonly line: string;
}

/** Explains a capture that may hold several channels: each is a bus of its own. */
export async function* explainCapture(
  entries: AsyncIterable<CandumpEntry>,
  options: { readonly profiles: readonly EcuProfile[]; readonly others: boolean; readonly channel?: string },
): AsyncGenerator<ExplainedLine> {
  const explainers = new Map<string, Explainer>();
  for await (const { channel, frame, atMs } of entries) {
    if (options.channel !== undefined && channel !== options.channel) continue;
    const explainer = explainers.get(channel) ?? new Explainer(options);
    explainers.set(channel, explainer);
    for (const line of explainer.frame({ ...frame, atMs })) yield { channel, line };
  }
  for (const [channel, explainer] of explainers) {
    for (const line of explainer.end()) yield { channel, line };
  }
}

function parse(line: string, number: number): CandumpEntry | undefined {
  try {
    return parseCandumpLine(line);
  } catch (error) {
    if (!(error instanceof CanError)) throw error;
    throw new BenchToolError("CAPTURE_DAMAGED", `Line ${number}: ${error.message}`, error.help ?? "", {
      cause: error,
    });
  }
}
