import { FAILURES, failureSentence, type Stage } from "@halfshaft/ota-format";
import { DeltaError } from "@halfshaft/ota-format/delta";
import { CanError } from "@halfshaft/vehicle-net/can";
import { expect, test } from "vitest";
import { UnknownEcu } from "../ecus/ecu-access.ts";
import { HttpError } from "../http/http-error.ts";
import { InstallerError } from "../installer/installer-error.ts";
import { StagingError } from "../staging-error.ts";
import { TrustError } from "../trust/trust-error.ts";
import { failureOf, patchFailure, UpdateFailure } from "./failure.ts";

const ecu = { ecuId: "E1", name: "Engine control" };
const url = "http://cloud.test/offer";
const installer = (fault: InstallerError["fault"], operands = {}): InstallerError =>
  new InstallerError(fault, "because", { name: ecu.name, operation: "erasing", nrc: "22", ...operands });
const lostBus = new InstallerError(
  "no-answer",
  "gone",
  {},
  {
    cause: new CanError("lost-connection", "the hub hung up"),
  },
);

const table: readonly (readonly [Stage, Error, string])[] = [
  ["offer", new HttpError("unreachable", url, "no route"), "OFFER_UNREACHABLE"],
  ["offer", new HttpError("status", url, "401", { status: 401 }), "OFFER_UNAUTHORISED"],
  [
    "plan",
    new TrustError("PLAN_METADATA_UNTRUSTED", { role: "targets", repository: "Image" }),
    "PLAN_METADATA_UNTRUSTED",
  ],
  ["plan", new UnknownEcu("E9"), "PLAN_ECU_UNKNOWN"],
  ["plan", installer("no-answer"), "PLAN_ECU_NO_ANSWER"],
  ["download", new StagingError("no-space", "full", { free: 1, needed: 2 }), "DOWNLOAD_NO_SPACE"],
  ["flash", installer("no-answer"), "FLASH_NO_ANSWER"],
  ["flash", installer("transfer-lost", { block: 7, attempts: 4 }), "FLASH_TRANSFER_LOST"],
  ["flash", installer("refused"), "FLASH_REFUSED"],
  ["flash", installer("not-started"), "FLASH_REFUSED"],
  ["flash", installer("security-denied"), "FLASH_SECURITY_DENIED"],
  ["flash", installer("image-rejected", { reason: "wrong hardware" }), "FLASH_IMAGE_REJECTED"],
  ["flash", lostBus, "FLASH_BUS_UNAVAILABLE"],
  ["activate", installer("not-started"), "ACTIVATE_REFUSED"],
  ["activate", lostBus, "FLASH_BUS_UNAVAILABLE"],
  ["confirm", installer("no-answer"), "CONFIRM_NO_ANSWER"],
  ["confirm", installer("refused"), "CONFIRM_UNHEALTHY"],
  ["report", new HttpError("unreachable", url, "no route"), "REPORT_UNDELIVERED"],
  ["flash", new RangeError("a bug"), "AGENT_INTERNAL"],
];

test.each(table)(
  "A9 in %s the error %o gets its code, and the sentence has all its operands",
  (stage, error, code) => {
    const failure = failureOf(error, { stage, busUrl: "hub://x", ecu });
    expect(failure.code).toBe(code);
    expect(failureSentence(failure.code, failure.operands)).not.toMatch(/[{}]/);
  },
);

test("A9 a failure about one ECU names it", () => {
  const failure = failureOf(installer("refused"), { stage: "flash", busUrl: "hub://x", ecu });
  expect(failure.ecuId).toBe("E1");
});

test("A9 a failure that has its code already keeps it", () => {
  const record = { code: "READINESS_TIMEOUT", operands: { deadline: "now", missing: "parked" } } as const;
  expect(failureOf(new UpdateFailure(record), { stage: "flash", busUrl: "" })).toEqual(record);
});

const delta = { name: ecu.name, target: "transport/x", baseSha256: "ab" };
test.each([
  [new StagingError("missing", "gone"), "PATCH_BASE_MISSING"],
  [new DeltaError("base-mismatch", "other base"), "PATCH_BASE_MISSING"],
  [new DeltaError("result-mismatch", "other result"), "PATCH_RESULT_MISMATCH"],
  [new DeltaError("truncated", "ends early"), "PATCH_CORRUPT"],
] as const)("A9 a delta of no use, %o, has its code", (error, code) => {
  const failure = patchFailure(error, delta)!;
  expect(failure.code).toBe(code);
  expect(FAILURES[failure.code].step).toBe("patch");
  expect(failureSentence(failure.code, failure.operands)).not.toMatch(/[{}]/);
});

test("A9 an error that is not about the delta is not blamed on it", () => {
  expect(patchFailure(new RangeError("out of memory"), delta)).toBeUndefined();
});
