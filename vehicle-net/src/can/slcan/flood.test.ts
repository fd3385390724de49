import { expect, test } from "vitest";
import type { SlcanDialectName } from "./dialect.ts";
import { runSlcanFlood, type SlcanFloodOptions } from "./flood.ts";
import { hasSocat } from "./pseudo-terminal.ts";

const cases: [string, SlcanFloodOptions][] = [
  ["500k", { bytes: 40_000 }],
  ["1M", { bytes: 40_000, bitrate: 1_000_000 }],
  ["500k/2M", { bytes: 200_000, dataBitrate: 2_000_000 }],
  ["500k/5M", { bytes: 200_000, dataBitrate: 5_000_000 }],
  ["500k that is 1 % slower than named", { bytes: 40_000, clockError: 0.01 }],
  ["500k through the 28 frames of a CANable 1", { bytes: 40_000, dialect: "canable1" }],
];

test.each(cases)(
  "V1 a silent adapter loses no frame at nearly the bus's limit: %s",
  async (_name, options) => {
    const flood = await runSlcanFlood(options);
    expect(flood).toMatchObject({ framesLost: 0, droppedByAdapter: 0 });
    expect(flood.efficiency).toBeGreaterThan(0.95);
  },
);

test.each(["lawicel", "usbtin", "canable2.5"] as SlcanDialectName[])(
  "V1 no frame is lost through a %s",
  async (dialect) => {
    expect(await runSlcanFlood({ bytes: 8000, dialect })).toMatchObject({
      framesLost: 0,
      droppedByAdapter: 0,
    });
  },
);

test.skipIf(!hasSocat())(
  "V1 no frame is lost through a pseudo-terminal either (skipped without socat)",
  async () => {
    expect(await runSlcanFlood({ bytes: 20_000, mode: "real" })).toMatchObject({
      framesLost: 0,
      droppedByAdapter: 0,
    });
  },
);
