import { parseArgs } from "node:util";
import { runSlcanFlood } from "@halfshaft/vehicle-net/can/simulated";
import { BenchError } from "../bench-error.ts";
import { table } from "../demo/table.ts";

const HELP = `usage: scripts/run.sh bench slcan [--json] [--bytes N]

Floods a simulated CANable, whose queue of 64 frames drops silently, through the slcan driver in virtual time and counts what
arrives at the other end of the bus. The limit is the time that these very frames take on a gapless bus.

  --bytes N   of payload, default 10000000

Exit status: 0 no frame was lost, 1 some were, 2 a wrong option.`;

const CASES = [
  { bus: "500k", bitrate: 500_000 },
  { bus: "500k/5M", bitrate: 500_000, dataBitrate: 5_000_000 },
] as const;

export async function slcan(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean" }, bytes: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const bytes = Number(values.bytes ?? "10000000");
  if (!Number.isInteger(bytes) || bytes < 1) {
    const help = "See scripts/run.sh bench slcan --help.";
    throw new BenchError("BAD_OPTION", `--bytes takes a number from 1, not "${values.bytes}".`, { help });
  }
  const rows: string[][] = [];
  let lost = 0;
  for (const { bus, ...rates } of CASES) {
    const result = await runSlcanFlood({ bytes, ...rates });
    lost += result.framesLost;
    if (values.json === true) console.log(JSON.stringify({ bus, ...result }));
    rows.push([
      bus,
      String(result.framesSent),
      String(result.framesLost),
      result.bytesPerSecond.toFixed(0),
      result.efficiency.toFixed(4),
    ]);
  }
  if (values.json !== true) console.log(table(["bus", "frames", "lost", "B/s", "efficiency"], rows));
  return lost === 0 ? 0 : 1;
}
