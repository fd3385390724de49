import { parseArgs } from "node:util";
import { measureOneEcu } from "../benchmarks/bus/one-ecu.ts";
import type { BusResult, NamedBus } from "../benchmarks/bus/result.ts";
import { measureSideBySide } from "../benchmarks/bus/side-by-side.ts";
import { table } from "../demo/table.ts";

const HELP = `usage: scripts/run.sh bench bus [--json]

Flashes ECUs and compares the rate with the physical limit: an ideal stream of consecutive frames that carry the same
bytes. --json prints a line per case.`;

const CLASSIC: NamedBus = { name: "500k", rates: { bitrate: 500_000 } };
const BUSES: readonly NamedBus[] = [
  CLASSIC,
  { name: "1M", rates: { bitrate: 1_000_000 } },
  { name: "500k/2M", rates: { bitrate: 500_000, dataBitrate: 2_000_000 } },
  { name: "500k/5M", rates: { bitrate: 500_000, dataBitrate: 5_000_000 } },
];

const CASES: readonly (() => Promise<BusResult>)[] = [
  ...BUSES.map((bus) => () => measureOneEcu(bus)),
  () => measureSideBySide(CLASSIC, "lower"),
  () => measureSideBySide(CLASSIC, "higher"),
];

export async function bus(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const rows: string[][] = [];
  for (const measure of CASES) {
    const result = await measure();
    if (values.json === true) console.log(JSON.stringify(result));
    rows.push(rowOf(result));
  }
  if (values.json !== true) console.log(table(COLUMNS, rows));
  return 0;
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
