import { expect, test } from "vitest";
import { agreePatch, beginPatch, closePatch, forgetPatch, notePatch, resumedPatch } from "./delta-log.ts";
import { emptyLog, openDownload, type AgreedPatch } from "./transfer-log.ts";

const patch: AgreedPatch = { baseSha256: "b0", patchSha256: "d1", patchBytes: 500 };
const range = { address: 0x1000, length: 0x300 };
const before = { address: 0x2000, length: 0x10 };
const begun = beginPatch(agreePatch({ finished: [before] }, patch), range);

test("S3 a patch begins at its first byte, without a snapshot", () => {
  expect(begun.openPatch).toEqual({ ...range, patchOffset: 0 });
});

test("S3 what was noted last counts", () => {
  const noted = notePatch(notePatch(begun, 100, "one"), 200, "two");
  expect(noted.openPatch).toEqual({ ...range, patchOffset: 200, snapshot: "two" });
});

test("S3 checking the base of the same patch again changes nothing", () => {
  const noted = notePatch(begun, 100, "one");
  expect(agreePatch(noted, { ...patch })).toEqual(noted);
});

test.each([
  ["base", { baseSha256: "b1" }],
  ["digest", { patchSha256: "d2" }],
  ["length", { patchBytes: 501 }],
])(
  "S3 a patch with another %s takes the place of one that was begun, and all begins with erasing",
  (_name, change) => {
    const other = { ...patch, ...change };
    expect(agreePatch(begun, other)).toEqual({ finished: [], agreed: other });
  },
);

test("S3 a complete result is finished, and its patch is known as the one that made it", () => {
  expect(closePatch(begun)).toEqual({ finished: [before, range], made: patch });
});

test("S3 the patch of the next segment leaves what is finished", () => {
  const next = { ...patch, patchSha256: "d2" };
  expect(agreePatch(closePatch(begun), next)).toEqual({
    finished: [before, range],
    made: patch,
    agreed: next,
  });
  expect(beginPatch(agreePatch(closePatch(begun), next), before)).toEqual({
    finished: [before, range],
    agreed: next,
    openPatch: { ...before, patchOffset: 0 },
  });
});

test("S3 a patch that is forgotten once it was begun takes with it what was finished: its segment is half written", () => {
  expect(forgetPatch(begun)).toEqual({ finished: [] });
});

test("S3 a patch that is forgotten before it was begun leaves what was finished", () => {
  expect(forgetPatch(agreePatch({ finished: [before] }, patch))).toEqual({ finished: [before] });
});

test("S3 plain bytes take the place of a patch", () => {
  expect(openDownload(begun, range)).toEqual({ finished: [before], open: { ...range, done: 0 } });
});

test.each([
  ["the same range", range, true],
  ["another address", { ...range, address: 0x1001 }, false],
  ["another length", { ...range, length: 0x2ff }, false],
])("S3 a request for %s goes on with it: %#", (_name, request, expected) => {
  expect(resumedPatch(begun, request) !== undefined).toBe(expected);
});

test("S3 nothing goes on where nothing was begun", () => {
  expect(resumedPatch(emptyLog, range)).toBeUndefined();
});
