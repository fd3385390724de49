import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEFAULTS } from "../config.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import { run } from "./import.ts";

let fixture: TestCloud;
let folder: string;
let said: string[];
beforeEach(async () => {
  fixture = await testCloud();
  await fixture.app.listen({ port: 0, host: "127.0.0.1" });
  folder = await mkdtemp(join(tmpdir(), "halfshaft-import-"));
  await writeFile(join(folder, "key"), `${fixture.operatorKey}\n`);
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fixture.close();
  await rm(folder, { recursive: true });
});

async function importing(name: string, text: string, ...options: string[]): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, text);
  const { port } = fixture.app.server.address() as AddressInfo;
  const words = ["--url", `http://127.0.0.1:${port}`, "--key", join(folder, "key"), ...options, file];
  await run({ config: DEFAULTS, words, options: {} });
}
const vehicles = async (): Promise<unknown> => (await fixture.call("GET", "/api/v1/vehicles")).data();

test("D2 `cloud import` says what became of the rows, and each one that was refused", async () => {
  await importing("fleet.csv", "vehicleId,year\ncar,2026\nbus,soon\n");
  expect(said[0]!.split("\n")).toEqual([
    expect.stringMatching(/^Were created 1, updated 0, unchanged 0, refused 1\. Import [\w-]{36}\.$/),
    'line 3: year is "soon"; it should be a year from 1900 to 2200.',
  ]);
  expect(await vehicles()).toMatchObject([{ vehicleId: "car" }]);
});

test("D2 `cloud import --dry-run` changes nothing, and answers in JSON when asked", async () => {
  await importing("fleet.ndjson", '{"vehicleId":"car"}\n', "--dry-run", "--json");
  expect(JSON.parse(said[0]!)).toMatchObject({ dryRun: true, created: 1 });
  expect(await vehicles()).toEqual([]);
});

test("D2 a file that the cloud refuses is a sentence with its code", async () => {
  await expect(importing("fleet.csv", "colour\nred\n")).rejects.toMatchObject({
    code: "IMPORT_FAILED",
    message: expect.stringContaining(
      "IMPORT_HEADER_INVALID: The file cannot be imported: its column colour is not known.",
    ) as string,
  });
});

test.each([
  ["fleet.xlsx", [], "OPTION_INVALID"],
  ["fleet.csv", ["--colour", "red"], "OPTION_INVALID"],
  ["fleet.csv", ["--key", "/nowhere"], "FILE_UNREADABLE"],
  ["fleet.csv", ["--url", "http://127.0.0.1:1"], "CLOUD_UNREACHABLE"],
  ["fleet.csv", ["--url", "nonsense"], "OPTION_INVALID"],
  ["fleet.csv", ["--url", "ftp://127.0.0.1"], "OPTION_INVALID"],
  ["fleet.csv", ["--url", "http://ada:word@127.0.0.1:1"], "OPTION_INVALID"],
])("D2 `cloud import` of %s with %j is refused: %s", async (name, options, code) => {
  await expect(importing(name, "vehicleId\ncar\n", ...options)).rejects.toMatchObject({ code });
});

test.each(["", "hs_first\nhs_second\n", "hs_schlüssel\n"])(
  "D2 `cloud import` with %j in its key file says what a key file is",
  async (text) => {
    const keys = join(folder, "keys");
    await writeFile(keys, text);
    await expect(importing("fleet.csv", "vehicleId\ncar\n", "--key", keys)).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: `--key ${keys} is no key file: it must hold one operator key, in one line of its own.`,
    });
  },
);
