import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFolder } from "./folder-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "halfshaft-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("A12 a data folder belongs to one cloud at a time", () => {
  const release = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(/is in use by another cloud/);
  release();
  lockFolder(folder)();
});
