import { expect, test } from "vitest";
import { dialectOf, SLCAN_DIALECTS } from "./dialect.ts";

// LAWICEL manual; USBtin firmware; the builds of github.com/normaldotcom/canable-fw and canable2-fw; manual of the CANable 2.5.
test.each([
  ["V1013", undefined, "lawicel"],
  ["V1013", "", "lawicel"],
  ["V1013", "vhalfshaft-hub bitrate=500000", "lawicel"],
  ["V0101", "v0108", "usbtin"],
  ["da5f3ee github.com/normaldotcom/canable-fw.git", undefined, "canable1"],
  ["b158aa7-dirty github.com/normaldotcom/canable2.git", undefined, "canable2"],
  ["b158aa7 https://github.com/normaldotcom/canable2-fw", undefined, "canable2"],
  ["+Board: MksMakerbase\tMCU: STM32G431\tSlcan: 100", undefined, "canable2.5"],
])("V1 an adapter that answers %j and %j speaks %s", (version, details, name) => {
  expect(dialectOf(version, details).name).toBe(name);
});

test.each([
  ["lawicel", 800_000],
  ["usbtin", 800_000],
  ["canable2.5", 800_000],
  ["canable1", 750_000],
  ["canable2", 750_000],
])("V1 S7 means to a %s %d bit/s and nothing else", (name, bitrate) => {
  const bitrates = [...(SLCAN_DIALECTS.get(name)?.bitrates ?? [])];
  expect(bitrates.filter(([, digit]) => digit === "7")).toEqual([[bitrate, "7"]]);
});

test("V1 only the stock CANables keep silent about commands", () => {
  const silent = [...SLCAN_DIALECTS.values()].filter(({ answers }) => !answers).map(({ name }) => name);
  expect(silent).toEqual(["canable1", "canable2"]);
});

test("V1 no adapter is handed more frames than its queue holds", () => {
  for (const { fifo, inFlight } of SLCAN_DIALECTS.values()) expect(inFlight).toBeLessThan(fifo);
});
