import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readStateFile } from "./ecu-state.ts";
import { fileStorage } from "./file-storage.ts";
import { newImage, oldImage, provisioned, testRig } from "./testing.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ecu-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("S2 an ECU in files outlives the process: a new storage on the same folder goes on", async () => {
  const first = testRig({ storage: provisioned(oldImage, fileStorage(folder)) });
  await first.run(first.ecu.answering());
  await first.run(first.tester.install(newImage));
  await first.run(first.tester.enterExtended());
  await first.run(first.tester.start("activate", {}));
  first.ecu.close();

  const second = testRig({ storage: fileStorage(folder) });
  await second.run(second.ecu.answering());
  expect(await second.run(second.tester.read("trialState"))).toBe("trial");
  await second.run(second.tester.commit());
  second.ecu.close();

  const state = readStateFile(folder);
  expect(state).toMatchObject({ serial: "ENG-000001", activeBank: "B", bootState: "none", version: "2.0.0" });
  expect(state.imageSha256Of("B")).toBe(newImage.sha256);
  expect(state.imageSha256Of("A")).toBe(oldImage.sha256);
});

test("S2 the state is read while the ECU runs, from the bytes in its banks", () => {
  const storage = provisioned(oldImage, fileStorage(folder));
  storage.writeBank("A", 3, Uint8Array.of(storage.readBank("A", 3, 1)[0]! ^ 0xff));
  const state = readStateFile(folder);
  expect(state.version).toBe("1.0.0");
  expect(state.imageSha256Of("A")).not.toBe(oldImage.sha256);
  expect(state.imageSha256Of("B")).toBeNull();
  storage.close();
});

test("S2 a folder without an ECU is said so and stays untouched", () => {
  const missing = join(folder, "none");
  expect(() => readStateFile(missing)).toThrow(/never provisioned/);
  expect(existsSync(missing)).toBe(false);
});

test.each([
  ["not JSON", "{"],
  ["another file's JSON", "{}"],
  ["of a later format", '{"format":"halfshaft-ecu","v":2}'],
])("S2 a record that is %s is refused as damaged", (_name, content) => {
  writeFileSync(join(folder, "ecu.json"), content);
  expect(() => readStateFile(folder)).toThrow(expect.objectContaining({ code: "damaged" }));
});

test("S2 a bank file that was cut short is refused as damaged, with its name", () => {
  provisioned(oldImage, fileStorage(folder)).close();
  writeFileSync(join(folder, "bankA.bin"), new Uint8Array(10));
  expect(() => readStateFile(folder)).toThrow(/bankA\.bin ends at byte 10/);
});

test("S2 writing the record leaves no other file behind", () => {
  provisioned(oldImage, fileStorage(folder)).close();
  expect(readdirSync(folder).sort()).toEqual(["bankA.bin", "bankB.bin", "ecu.json"]);
});

test("S2 a folder that cannot be written is refused with its path", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => fileStorage(join(file, "state")).writeRecord("{}")).toThrow(
    expect.objectContaining({ code: "unwritable", message: expect.stringContaining(file) }),
  );
});
