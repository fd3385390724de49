import { Targets } from "@tufjs/models";
import { expect, test } from "vitest";
import { JOB, RELEASE_ID } from "../journal/testing.ts";
import { readAssignments } from "./director.ts";
import { targetFile } from "./test-repository.ts";

const bytes = new Uint8Array(4);

function director(
  orders: Readonly<Record<string, readonly string[]>>,
  custom: object = { vehicleId: "vehicle-1" },
): Targets {
  return new Targets({
    version: 1,
    specVersion: "1.0.33",
    expires: "2030-01-01T00:00:00Z",
    targets: Object.fromEntries(
      Object.entries(orders).map(([path, ecuIds]) => [
        path,
        targetFile(path, {
          bytes,
          custom: {
            ecuIdentifiers: Object.fromEntries(ecuIds.map((ecuId) => [ecuId, { hardwareId: "HW-1" }])),
            releaseCounter: 1,
            releaseId: RELEASE_ID,
            jobId: JOB.jobId,
          },
        }),
      ]),
    ),
    unrecognizedFields: { custom: { ...custom } },
  });
}

const reason = (targets: Targets): unknown => {
  try {
    return readAssignments(targets, "vehicle-1");
  } catch (error) {
    return (error as { operands: { reason: string } }).operands.reason;
  }
};

test("E3 two ECUs that get the same image share a target", () => {
  const assignments = readAssignments(director({ "images/a.bin": ["E1", "E2"] }), "vehicle-1");
  expect(assignments.map(({ ecuId, target }) => [ecuId, target.path])).toEqual([
    ["E1", "images/a.bin"],
    ["E2", "images/a.bin"],
  ]);
});

test("T2 an ECU that is named twice is refused", () => {
  const twice = director({ "images/a.bin": ["E1"], "images/b.bin": ["E1"] });
  expect(reason(twice)).toBe("it names ECU E1 twice");
});

test("T2 targets that are made for another vehicle are refused", () => {
  expect(reason(director({}, { vehicleId: "vehicle-2" }))).toBe("it is not made for vehicle vehicle-1");
});

test("T2 targets that do not say for which vehicle they are, are refused", () => {
  expect(reason(director({}, {}))).toBe("it is not made for vehicle vehicle-1");
});

test("E3 custom fields that are not the Director's are refused with their place", () => {
  const targets = director({ "images/a.bin": ["E1"] });
  targets.targets["images/a.bin"] = targetFile("images/a.bin", { bytes, custom: { ecuIdentifiers: {} } });
  expect(reason(targets)).toMatch(/^custom.* of images\/a\.bin/);
});
