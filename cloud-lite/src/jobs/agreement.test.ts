import { expect, test } from "vitest";
import type { EcuReport } from "@halfshaft/ota-format";
import { manifestAgreement } from "./agreement.ts";

const A = { ecuId: "A", name: "Engine control", version: "2.0.0", sha256: "a".repeat(64) };
const B = { ecuId: "B", name: "Body control", version: "2.0.0", sha256: "b".repeat(64) };
const report = (ecuId: string, more: Partial<EcuReport>): EcuReport => ({
  ecuId,
  name: ecuId,
  hardwareId: "HW",
  bootState: "committed",
  ...more,
});
const newA = report("A", { version: "2.0.0", imageSha256: A.sha256 });
const newB = report("B", { version: "2.0.0", imageSha256: B.sha256 });

const cases: [string, EcuReport[], "agrees" | "disagrees" | undefined][] = [
  ["all on the new digest", [newA, newB], "agrees"],
  ["further ECUs beside them", [newA, newB, report("C", { version: "1.0.0" })], "agrees"],
  ["a version without a digest", [newA, report("B", { version: "2.0.0" })], "agrees"],
  [
    "one on the old digest",
    [newA, report("B", { version: "2.0.0", imageSha256: "c".repeat(64) })],
    "disagrees",
  ],
  ["one on the old version", [newA, report("B", { version: "1.0.0" })], "disagrees"],
  ["one that could not be asked", [newA, report("B", { bootState: "unknown" })], undefined],
  ["one that is still on trial", [newA, { ...newB, bootState: "trial" }], undefined],
  ["one that is missing", [newA], undefined],
  ["one missing and one on the old version", [report("B", { version: "1.0.0" })], "disagrees"],
];

test.each(cases)("A8 a version manifest with %s", (_name, ecus, verdict) => {
  expect(manifestAgreement([A, B], { at: 1, clockTrusted: true, ecus })?.verdict).toBe(verdict);
});

test("D3 a version manifest without an ECU that is gone for good disagrees", () => {
  const manifest = { at: 1, clockTrusted: true, ecus: [newA] };
  expect(manifestAgreement([A, B], manifest, new Set(["B"]))).toMatchObject({
    verdict: "disagrees",
    failure: { ecuId: "B", operands: { found: "unknown software" } },
  });
});

test("A8 a disagreement names the ECU and what it runs", () => {
  const ecus = [newA, report("B", { version: "1.0.0", imageSha256: "c".repeat(64) })];
  expect(manifestAgreement([A, B], { at: 1, clockTrusted: true, ecus })?.failure).toEqual({
    code: "REPORT_MANIFEST_DISAGREES",
    operands: { name: "Body control", version: "2.0.0", found: "1.0.0" },
    ecuId: "B",
  });
});
