import { expect, test } from "vitest";
import { inventoryRow, type InventoryEntry } from "./inventory-rules.ts";

const ENTRY: InventoryEntry = {
  vehicleId: "car",
  vin: null,
  rxswin: [],
  ecuId: "ENG-1",
  name: "Engine",
  hardwareId: "HW-1",
  hardwareRevision: null,
  softwareId: null,
  version: null,
  sha256: null,
  source: "unknown",
  installedAt: null,
  releaseId: null,
  release: null,
  campaignId: null,
  jobId: null,
  approvedBy: null,
  approvedAt: null,
};

test.each<[string, Partial<InventoryEntry>, string]>([
  ["what is not known is empty", {}, "car,,,ENG-1,Engine,HW-1,,,,,unknown,,,,,,,\r\n"],
  [
    "several RXSWIN are parted by spaces, times are ISO 8601",
    { rxswin: ["R79", "R48"], installedAt: Date.UTC(2026, 0, 2) },
    "car,,R79 R48,ENG-1,Engine,HW-1,,,,,unknown,2026-01-02T00:00:00.000Z,,,,,,\r\n",
  ],
  ["quotes and commas", { name: 'a "b", c' }, 'car,,,ENG-1,"a ""b"", c",HW-1,,,,,unknown,,,,,,,\r\n'],
  ["no formula", { name: "=1+1" }, "car,,,ENG-1,'=1+1,HW-1,,,,,unknown,,,,,,,\r\n"],
])("D7 a row of the record: %s", (_case, more, row) => {
  expect(inventoryRow({ ...ENTRY, ...more })).toBe(row);
});
