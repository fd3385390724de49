import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { codeLikePair } from "@halfshaft/ota-format/delta";
import { writeIntelHex } from "../releases/formats/intel-hex.ts";
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
  createFile(format, path("old"), path("new"), path("patch"), { force });
const apply = (force = false) => applyFile(path("old"), path("patch"), path("made"), { force });

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
  await expect(applyFile(path("none"), path("patch"), path("made"), { force: false })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    message: `${path("none")} cannot be read: there is no such file or folder.`,
  });
});

test("U5 a folder that is not there is said so", async () => {
  await create("bsdiff40");
  const made = join(folder, "none", "made");
  await expect(applyFile(path("old"), path("patch"), made, { force: false })).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
  });
});

/** Code at 0, and 16 bytes of settings far above it. */
const hexOf = (code: Uint8Array, settings: number): string =>
  writeIntelHex([
    { address: 0, bytes: code },
    { address: 0x1000_1080, bytes: new Uint8Array(16).fill(settings) },
  ]);

test("U5 two Intel HEX files are taken as the images that they describe, a patch for each segment", async () => {
  await writeFile(path("old.hex"), hexOf(base, 1));
  await writeFile(path("new.hex"), hexOf(result, 2));
  const options = { force: true };
  await createFile("detools", path("old.hex"), path("new.hex"), path("patch"), options);
  expect(JSON.parse(await inspectFile(path("patch"), true))).toMatchObject({
    format: "detools",
    resultBytes: result.length + 16,
    segments: [
      { address: 0, resultBytes: result.length },
      { address: 0x1000_1080, resultBytes: 16 },
    ],
  });
  expect(await inspectFile(path("patch"), false)).toMatch(
    /\nsegment +0x10001080: 16 bytes from a patch of \d+$/,
  );
  await applyFile(path("old.hex"), path("patch"), path("made.hex"), options);
  expect(await readFile(path("made.hex"), "utf8")).toBe(hexOf(result, 2));
  await applyFile(path("old.hex"), path("patch"), path("made.bin"), options);
  expect(new Uint8Array(await readFile(path("made.bin")))).toEqual(
    Uint8Array.from([...result, ...new Uint8Array(16).fill(2)]),
  );
});

test("U5 S-record and Intel HEX mix, and one segment gives a plain patch of the image", async () => {
  await writeFile(path("old.s19"), "S1130000000102030405060708090A0B0C0D0E0F74\nS9030000FC\n");
  await writeFile(
    path("new.hex"),
    writeIntelHex([{ address: 0, bytes: Uint8Array.from({ length: 600 }, (_, i) => i % 16) }]),
  );
  await createFile("detools", path("old.s19"), path("new.hex"), path("patch"), { force: false });
  expect(JSON.parse(await inspectFile(path("patch"), true))).not.toHaveProperty("segments");
  await applyFile(path("old.s19"), path("patch"), path("made"), { force: false });
  expect((await readFile(path("made"))).length).toBe(600);
  const asHex = applyFile(path("old.s19"), path("patch"), path("made.hex"), { force: false });
  await expect(asHex).rejects.toMatchObject({ code: "OPTION_INVALID" });
});

test("U5 asked for, and for bsdiff40 always, Intel HEX files are the texts that they are", async () => {
  await writeFile(path("old.hex"), hexOf(base, 1));
  await writeFile(path("new.hex"), hexOf(result, 2));
  for (const [format, plain] of [
    ["detools", true],
    ["bsdiff40", false],
  ] as const) {
    const options = { force: true, plain };
    await createFile(format, path("old.hex"), path("new.hex"), path("patch"), options);
    await applyFile(path("old.hex"), path("patch"), path("made.hex"), options);
    expect(await readFile(path("made.hex"), "utf8")).toBe(hexOf(result, 2));
  }
});

test("U5 an Intel HEX file that is damaged is refused with its line", async () => {
  await writeFile(path("old.hex"), hexOf(base, 1));
  await writeFile(path("new.hex"), hexOf(result, 2).replace(":10001000", ":10001001"));
  const made = createFile("detools", path("old.hex"), path("new.hex"), path("patch"), { force: false });
  await expect(made).rejects.toMatchObject({ code: "HEX_MALFORMED" });
});
