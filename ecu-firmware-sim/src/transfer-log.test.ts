import { expect, test } from "vitest";
import {
  checkpoint,
  closeDownload,
  emptyLog,
  openDownload,
  resumes,
  safeStretches,
  type TransferLog,
} from "./transfer-log.ts";

const regions = [{ address: 0x1000, length: 0x1000 }];
const SECTOR = 0x100;
const safe = (log: TransferLog) => safeStretches(log, regions, SECTOR);

const first = { address: 0x1000, length: 0x180 };
const second = { address: 0x1200, length: 0x300 };
const afterFirst = closeDownload(openDownload(emptyLog, first));

test("S3 nothing is safe before the first note of a download", () => {
  expect(safe(openDownload(emptyLog, first))).toEqual([]);
});

test("S3 what was noted of a download is safe", () => {
  const log = checkpoint(openDownload(emptyLog, first), 0x100);
  expect(safe(log)).toEqual([{ address: 0x1000, length: 0x100 }]);
});

test("S3 downloads that were ended are safe as a whole", () => {
  const log = checkpoint(openDownload(afterFirst, second), 0x100);
  expect(safe(log)).toEqual([first, { address: 0x1200, length: 0x100 }]);
});

test("S3 a download that shares its first sector with an ended one makes both begin anew", () => {
  const neighbour = { address: 0x1180, length: 0x200 };
  expect(safe(openDownload(afterFirst, neighbour))).toEqual([]);
  expect(safe(checkpoint(openDownload(afterFirst, neighbour), 0x80))).toHaveLength(2);
});

test("S3 segments in another order than the image file's make all begin anew", () => {
  expect(safe(openDownload(closeDownload(openDownload(emptyLog, second)), first))).toEqual([]);
});

test.each([
  ["exactly where it was cut off", { address: 0x1100, length: 0x80 }, true],
  ["from its start", first, false],
  ["with another end", { address: 0x1100, length: 0x90 }, false],
])("S3 a request that begins %s: resumes %#", (_name, request, expected) => {
  expect(resumes(checkpoint(openDownload(emptyLog, first), 0x100), request)).toBe(expected);
});

test("S3 a download that was ended cannot be resumed", () => {
  expect(resumes(afterFirst, { address: 0x1180, length: 0 })).toBe(false);
});
