import { TargetFile } from "@tufjs/models";
import { expect, test } from "vitest";
import { JOB, RELEASE_ID } from "../journal/testing.ts";
import { matchImage, signedFile, usableDelta } from "./image-match.ts";
import { targetFile } from "./test-repository.ts";

const path = "images/HW-1_2.0.0.bin";
const bytes = Uint8Array.of(1, 2, 3, 4);
const custom = {
  hardwareId: "HW-1",
  version: "2.0.0",
  releaseCounter: 1,
  segments: [{ address: 0, length: 4, sha256: "ab".repeat(32) }],
  descriptor: "AAAA",
};
const image = targetFile(path, { bytes, custom });
const assignment = {
  ecuId: "E1",
  hardwareId: "HW-1",
  releaseId: RELEASE_ID,
  jobId: JOB.jobId,
  releaseCounter: 1,
  target: targetFile(path, { bytes, custom: {} }),
};

test("E3 an image on which both repositories agree is taken with what the Image repository says of it", () => {
  expect(matchImage(assignment, image)).toEqual(custom);
});

const other = Uint8Array.of(1, 2, 3, 5);
const wrong: readonly (readonly [string, TargetFile | undefined])[] = [
  ["presence", undefined],
  ["length", targetFile(path, { bytes: new Uint8Array(5), custom })],
  ["sha256", targetFile(path, { bytes: other, custom })],
  ["sha512", new TargetFile({ path, length: 4, hashes: { sha256: image.hashes["sha256"]! } })],
  ["filename", targetFile("images/other.bin", { bytes, custom })],
  ["hardware id", targetFile(path, { bytes, custom: { ...custom, hardwareId: "HW-2" } })],
  ["release counter", targetFile(path, { bytes, custom: { ...custom, releaseCounter: 0 } })],
];

test.each(wrong)("T2 the repositories disagree on %s: refused", (field, found) => {
  expect(() => matchImage(assignment, found)).toThrow(
    expect.objectContaining({
      failure: "PLAN_TARGETS_DISAGREE",
      operands: { target: path, field },
    }),
  );
});

test("T2 a target without a digest is refused", () => {
  const bare = new TargetFile({ path, length: 4, hashes: {} });
  expect(() => signedFile(bare)).toThrow(expect.objectContaining({ failure: "PLAN_METADATA_INVALID" }));
});

test("E3 a digest that cannot be checked here is refused, not ignored", () => {
  const odd = new TargetFile({ path, length: 4, hashes: { ...image.hashes, blake3: "00" } });
  expect(() => signedFile(odd)).toThrow(expect.objectContaining({ failure: "PLAN_METADATA_INVALID" }));
});

const base = "cd".repeat(32);
const full = signedFile(targetFile(path, { bytes: new Uint8Array(100), custom }));
const deltaOf = (changes: object, length = 10): TargetFile =>
  targetFile("transport/x", {
    bytes: new Uint8Array(length),
    custom: {
      format: "bsdiff40",
      base: { sha256: base, length: 100 },
      result: { sha256: full.hashes["sha256"], length: 100 },
      ...changes,
    },
  });

test("E5 a delta from what the ECU runs to the signed image is used", () => {
  expect(usableDelta(deltaOf({}), base, full, "bsdiff40")).toMatchObject({ length: 10, baseSha256: base });
});

const useless: readonly (readonly [string, TargetFile | undefined])[] = [
  ["is not there", undefined],
  ["has another format", deltaOf({ format: "detools" })],
  ["starts from another image", deltaOf({ base: { sha256: "ef".repeat(32), length: 100 } })],
  ["leads to another image", deltaOf({ result: { sha256: "ef".repeat(32), length: 100 } })],
  ["is no shorter than the image", deltaOf({}, 100)],
  ["says nothing of itself", targetFile("transport/x", { bytes, custom: {} })],
];

test.each(useless)("E5 a delta that %s is left aside", (_why, target) => {
  expect(usableDelta(target, base, full, "bsdiff40")).toBeUndefined();
});
