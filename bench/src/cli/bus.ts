import { parseArgs } from "node:util";
import { measureVirtualFlash } from "../benchmarks/bus.ts";
import { table } from "../demo/table.ts";

const HELP = `usage: scripts/run.sh bench bus [--json]

Flashes one ECU without processing time and compares the rate with the physical limit: an ideal stream of
consecutive frames that carry the same bytes. --json prints a line per case.`;

const CASES = [{ bus: "500k", rates: { bitrate: 500_000 } }] as const;

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
  for (const { bus, rates } of CASES) {
    const result = await measureVirtualFlash(bus, rates);
    if (values.json === true) console.log(JSON.stringify(result));
    rows.push([
      result.mode,
      result.bus,
      String(result.ecus),
      String(result.bytes),
      result.limitBytesPerSecond.toFixed(0),
      result.bytesPerSecond.toFixed(0),
      result.efficiency.toFixed(4),
      `${result.seconds.toFixed(2)} s`,
    ]);
  }
  if (values.json !== true) {
    console.log(table(["mode", "bus", "ECUs", "bytes", "limit B/s", "B/s", "efficiency", "time"], rows));
  }
  return 0;
}
