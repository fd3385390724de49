import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { BenchError } from "../bench-error.ts";
import { measureOneEcu } from "../benchmarks/bus/one-ecu.ts";
import { medianReal, type RealResult } from "../benchmarks/bus/real.ts";
import type { BusResult, NamedBus } from "../benchmarks/bus/result.ts";
import { measureSideBySide } from "../benchmarks/bus/side-by-side.ts";
import { table } from "../demo/table.ts";

const HELP = `usage: scripts/run.sh bench bus [--json] [--mode virtual|real]

Flashes ECUs and compares the rate with the physical limit: an ideal stream of consecutive frames that carry the same
bytes. Virtual time: one ECU without processing time on four buses; four ECUs side by side, with answers on lower and
on higher identifiers. Real time: agent, bus hub and ECU as processes of their own, the median of three runs; what
else runs on the machine counts, so its load is told.

--json   a line per case
--mode   only these; default both`;

const CLASSIC: NamedBus = { name: "500k", rates: { bitrate: 500_000 } };
const BUSES: readonly NamedBus[] = [
  CLASSIC,
  { name: "1M", rates: { bitrate: 1_000_000 } },
  { name: "500k/2M", rates: { bitrate: 500_000, dataBitrate: 2_000_000 } },
  { name: "500k/5M", rates: { bitrate: 500_000, dataBitrate: 5_000_000 } },
];

const CASES: Readonly<Record<BusResult["mode"], readonly (() => Promise<BusResult>)[]>> = {
  virtual: [
    ...BUSES.map((bus) => () => measureOneEcu(bus)),
    () => measureSideBySide(CLASSIC, "lower"),
    () => measureSideBySide(CLASSIC, "higher"),
  ],
  real: [() => calibrated(() => medianReal(CLASSIC))],
};

export async function bus(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean" }, mode: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const rows: string[][] = [];
  for (const measure of casesOf(values.mode)) {
    const result = await measure();
    if (values.json === true) console.log(JSON.stringify(result));
    rows.push(rowOf(result));
  }
  if (values.json !== true) console.log(table(COLUMNS, rows));
  return 0;
}

function casesOf(mode: string | undefined): readonly (() => Promise<BusResult>)[] {
  if (mode === undefined) return [...CASES.virtual, ...CASES.real];
  if (mode === "virtual" || mode === "real") return CASES[mode];
  throw new BenchError("BAD_OPTION", `--mode is virtual or real, not "${mode}".`);
}

/** Says, beside a measurement in real time, what the machine was doing. */
async function calibrated(measure: () => Promise<RealResult>): Promise<RealResult> {
  const result = await measure();
  const { loadAverage, highestLoad } = result;
  const percent = (highestLoad * 100).toFixed(2);
  console.error(
    `Real time: ${loadAverage.toFixed(2)} programs on average wanted the ${availableParallelism()} processors; ` +
      `the hub ran at most at ${percent} % of its bit rate over any 100 ms.`,
  );
  return result;
}

const COLUMNS = [
  "mode",
  "bus",
  "ECUs",
  "answers",
  "bytes",
  "limit B/s",
  "B/s",
  "efficiency",
  "time",
  "in turn",
];

function rowOf(result: BusResult): string[] {
  const { mode, bus, ecus, answers = "", bytes, sequentialSeconds } = result;
  return [
    mode,
    bus,
    String(ecus),
    answers,
    String(bytes),
    result.limitBytesPerSecond.toFixed(0),
    result.bytesPerSecond.toFixed(0),
    result.efficiency.toFixed(4),
    `${result.seconds.toFixed(2)} s`,
    sequentialSeconds === undefined ? "" : `${sequentialSeconds.toFixed(2)} s`,
  ];
}
