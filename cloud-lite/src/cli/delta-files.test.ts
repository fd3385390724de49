import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { codeLikePair } from "@halfshaft/ota-format/delta";
import { applyFile, createFile, inspectFile } from "./delta-files.ts";

const { base, result } = codeLikePair(40_000, 5);
let folder: string;
const path = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-delta-"));
  await writeFile(path("old"), base);
  await writeFile(path("new"), result);
});
afterEach(() => rm(folder, { recursive: true }));

const create = (format: "bsdiff40" | "detools", force = false) =>
  createFile(format, path("old"), path("new"), path("patch"), force);
const apply = (force = false) => applyFile(path("old"), path("patch"), path("made"), force);

test.each(["bsdiff40", "detools"] as const)("U5 a patch in %s gives the new file back", async (format) => {
  await create(format);
  const sha256 = createHash("sha256").update(result).digest("hex");
  expect(await apply()).toBe(`${path("made")}: ${result.length} bytes, SHA-256 ${sha256}`);
  expect(new Uint8Array(await readFile(path("made")))).toEqual(result);
});

test("U5 what was made is told with its size and its share of the new file", async () => {
  const said = await create("bsdiff40");
  const patch = await readFile(path("patch"));
  const share = ((100 * patch.length) / result.length).toFixed(1);
  expect(said).toContain(`${patch.length} bytes, SHA-256 `);
  expect(said).toContain(`${share} % of NEW`);
});

test("U5 a patch says of itself what it is", async () => {
  await create("detools");
  expect(JSON.parse(await inspectFile(path("patch"), true))).toMatchObject({
    format: "detools",
    resultBytes: result.length,
    dictionaryBytes: 4096,
  });
  await create("bsdiff40", true);
  expect(await inspectFile(path("patch"), false)).toMatch(/^format +bsdiff40\n/);
});

test("U5 a file that is there is replaced only by force, and nothing else is left behind", async () => {
  await create("bsdiff40");
  await writeFile(path("made"), "mine");
  await expect(apply()).rejects.toMatchObject({ code: "FILE_EXISTS", operands: { path: path("made") } });
  await expect(create("bsdiff40")).rejects.toMatchObject({ code: "FILE_EXISTS" });
  expect(await readFile(path("made"), "utf8")).toBe("mine");
  await apply(true);
  expect(new Uint8Array(await readFile(path("made")))).toEqual(result);
  expect(await readdir(folder)).toEqual(["made", "new", "old", "patch"]);
});

test.each([
  ["nothing", ""],
  ["a text", "hello, this is no patch at all, and long enough for a header"],
  ["half a header", "BSDIFF40"],
  ["a dictionary beyond all reason", Buffer.from("01260100000080ffffffffffffffff00", "hex")],
])("U5 %s is no patch: refused, and no file is written", async (_what, content) => {
  await writeFile(path("patch"), content);
  await expect(apply()).rejects.toMatchObject({ code: "PATCH_UNUSABLE" });
  expect(await readdir(folder)).not.toContain("made");
});

test("U5 a file that is not there is named", async () => {
  await expect(applyFile(path("none"), path("patch"), path("made"), false)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    message: `${path("none")} cannot be read: there is no such file or folder.`,
  });
});

test("U5 a folder that is not there is said so", async () => {
  await create("bsdiff40");
  const made = join(folder, "none", "made");
  await expect(applyFile(path("old"), path("patch"), made, false)).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
  });
});
