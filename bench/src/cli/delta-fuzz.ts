import { parseArgs } from "node:util";
import { BenchError } from "../bench-error.ts";
import { FIRMWARE_PAIRS } from "../benchmarks/delta/pairs.ts";
import { fuzzFormat, FUZZED_FORMATS } from "../benchmarks/delta/patch-fuzz.ts";
import { bytesText } from "../demo/table.ts";

const DEFAULT_PATCHES = 10_000;
const DEFAULT_SEED = 12;
const LIMIT_MS = 2000;
const LIMIT_BYTES = 512_000_000;

const HELP = `usage: scripts/run.sh bench delta-fuzz [--json] [--patches N] [--seed N]

Spoils the patch of a firmware pair in N (${DEFAULT_PATCHES}) ways for each of our formats: flipped bits, other bytes, truncations,
repetitions, hostile headers, ends of other patches. Each is applied as the gateway or the ECU does it.

Exit status 1 where a wrong image goes unnoticed, an error is not one of ours, something is written outside the bank,
one patch takes more than ${LIMIT_MS} ms of the processor, or memory grows by ${LIMIT_BYTES / 1e6} MB.`;

export async function deltaFuzz(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      patches: { type: "string" },
      seed: { type: "string" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const patches = count("patches", values.patches, DEFAULT_PATCHES);
  const seed = count("seed", values.seed, DEFAULT_SEED);
  const [pair, foreign] = await Promise.all(["body", "adas"].map(pairNamed));
  let isGood = true;
  for (const format of FUZZED_FORMATS) {
    const result = await fuzzFormat(format, pair!, { patches, seed, foreign: foreign! });
    const { refused, harmless, violations, writesOutside, slowestCpuMs, memoryGrewBytes } = result;
    isGood &&=
      violations.length === 0 &&
      writesOutside === 0 &&
      slowestCpuMs < LIMIT_MS &&
      memoryGrewBytes < LIMIT_BYTES;
    console.log(
      values.json === true
        ? JSON.stringify(result)
        : `${result.format}: of ${patches} spoilt patches ${refused} are refused, ${harmless} give the right image, ` +
            `${violations.length} do harm; ${writesOutside} writes outside the bank; the slowest takes ${slowestCpuMs} ms; ` +
            `memory grows by ${bytesText(memoryGrewBytes)}`,
    );
    if (values.json !== true) for (const violation of violations.slice(0, 10)) console.log(`  ${violation}`);
  }
  return isGood ? 0 : 1;
}

const pairNamed = (name: string) => FIRMWARE_PAIRS.find((pair) => pair.name === name)!.load();

function count(name: string, text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (Number.isInteger(value) && value > 0) return value;
  throw new BenchError("BAD_OPTION", `--${name} ${text} is not a number from 1`);
}
