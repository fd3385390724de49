import { expect, test } from "vitest";
import type { CloudJob } from "./job.ts";
import { savingsText } from "./savings.ts";

const ecu = (ecuId: string, bytes?: number): CloudJob["ecus"][number] => ({
  ecuId,
  name: ecuId,
  version: "2.0.0",
  sha256: "",
  stages: bytes === undefined ? [] : [{ stage: "flash", bytes }],
});
const images = new Map([
  ["A", 60_000],
  ["B", 40_000],
]);

test("U5 the demo says what patches saved, at the rate that was measured", () => {
  const text = savingsText({ ecus: [ecu("A", 10_000), ecu("B", 10_000)] }, images, {
    busyWhileFlashingMs: 1000,
  });
  expect(text).toBe(
    "Over the bus went 20.0 kB of patches and images in place of 100.0 kB (20 %): " +
      "at the 20.0 kB/s measured, 4.0 s of 5.0 s of bus time are saved.",
  );
});

test("U5 with whole images nothing is saved", () => {
  const text = savingsText({ ecus: [ecu("A", 60_000), ecu("B", 40_000)] }, images, {
    busyWhileFlashingMs: 4000,
  });
  expect(text).toBe("Whole images: 100.0 kB in 4.0 s of bus time (25.0 kB/s).");
});

test("U5 where nothing was flashed there is nothing to say", () => {
  expect(savingsText({ ecus: [ecu("A")] }, images, { busyWhileFlashingMs: 0 })).toBeUndefined();
});
