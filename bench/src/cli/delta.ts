import { parseArgs } from "node:util";
import { BenchError } from "../bench-error.ts";
import { deltaFormats } from "../benchmarks/delta/formats.ts";
import { type DeltaResult, measurePair } from "../benchmarks/delta/measure.ts";
import { PAIRS } from "../benchmarks/delta/pairs.ts";
import { bytesText, table } from "../demo/table.ts";

const HELP = `usage: scripts/run.sh bench delta [--json] [--pair NAME]... [--rounds N]

Makes and applies patches in our two formats and with bsdiff, xdelta3 and zstd --patch-from, in turns, and prints the
median of each. The pairs are ${PAIRS.map(({ name }) => name).join(", ")}: firmware, and code-like data made by formula.

--json      a line per pair and format. Memory is that of a whole process; but peakRamBytes of detools, the ECU's
            format, is what its decoder counts. The ratios compare seconds with native bsdiff's of the same run
--pair      only this one; may be given again
--rounds    how often each is timed, 5 unless told; rounds before these warm up`;

export async function delta(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      pair: { type: "string", multiple: true },
      rounds: { type: "string" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const rounds = Number(values.rounds ?? 5);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new BenchError("BAD_OPTION", `--rounds ${values.rounds} is not a number from 1`);
  }
  const pairs = (values.pair ?? PAIRS.map(({ name }) => name)).map(pairNamed);
  const formats = await deltaFormats((sentence) => console.error(sentence));
  const rows: string[][] = [];
  try {
    for (const pair of pairs) {
      for (const result of await measurePair(pair, formats, { rounds })) {
        if (values.json === true) console.log(JSON.stringify(result));
        rows.push(rowOf(result));
      }
    }
  } finally {
    await Promise.all(formats.map((format) => format.close()));
  }
  if (values.json !== true) console.log(table(COLUMNS, rows));
  return 0;
}

function pairNamed(name: string) {
  const pair = PAIRS.find((pair) => pair.name === name);
  if (pair !== undefined) return pair;
  throw new BenchError("BAD_OPTION", `There is no pair "${name}".`, {
    help: `Pairs are ${PAIRS.map(({ name }) => name).join(", ")}.`,
  });
}

const COLUMNS = ["pair", "format", "new", "patch", "diff", "apply", "RAM", "RAM diff", "diff ×", "apply ×"];

function rowOf(result: DeltaResult): string[] {
  const { peakRamBytes, diffPeakRamBytes, ratioDiff, ratioApply } = result;
  return [
    result.pair,
    result.format,
    bytesText(result.newBytes),
    bytesText(result.patchBytes),
    `${result.diffSeconds.toFixed(3)} s`,
    `${result.applySeconds.toFixed(3)} s`,
    peakRamBytes === null ? "" : bytesText(peakRamBytes),
    diffPeakRamBytes === null ? "" : bytesText(diffPeakRamBytes),
    ratioDiff?.toFixed(2) ?? "",
    ratioApply?.toFixed(2) ?? "",
  ];
}
