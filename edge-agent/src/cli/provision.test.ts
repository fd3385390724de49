import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readDataFolder } from "../data-folder.ts";
import { TestRepository } from "../trust/test-repository.ts";
import { provision } from "./provision.ts";

const TOKEN = "hs_dv_0123456789abcdef";
let folder: string;
let file: (name: string) => string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-provision-"));
  file = (name) => join(folder, name);
  await writeFile(file("director"), new TestRepository().root);
  await writeFile(file("image"), new TestRepository().root);
  await writeFile(file("token"), `${TOKEN}\n`);
  await writeFile(file("base.bin"), "old software");
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** A whole command line; `changes` replace options, or leave them out. */
function line(changes: Readonly<Record<string, string | undefined>> = {}): string[] {
  const options: Record<string, string | undefined> = {
    data: file("agent"),
    "vehicle-id": "vehicle-1",
    cloud: "http://127.0.0.1:8080/",
    bus: "hub://127.0.0.1:29536",
    ecu: "ENG-000001=engine",
    "director-root": file("director"),
    "image-root": file("image"),
    "token-file": file("token"),
    image: file("base.bin"),
    ...changes,
  };
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
}

test("E12 what is provisioned is what the agent reads", async () => {
  expect(await provision(line({ mqtt: "mqtt://127.0.0.1:1883", "hmi-port": "0" }))).toBe(0);
  const { config, token } = await readDataFolder(file("agent"));
  expect(token).toBe(TOKEN);
  expect(config).toMatchObject({
    vehicleId: "vehicle-1",
    cloudUrl: "http://127.0.0.1:8080",
    mqttUrl: "mqtt://127.0.0.1:1883",
    ecus: [{ ecuId: "ENG-000001", profile: "engine" }],
    hmi: { port: 0 },
  });
});

test("T3 the token is for its owner's eyes, and in no other file", async () => {
  await provision(line());
  expect((await stat(file("agent/token"))).mode & 0o777).toBe(0o600);
  expect(await readFile(file("agent/config.json"), "utf8")).not.toContain(TOKEN);
});

test("E12 a folder that is in use is not overwritten unless it is said so", async () => {
  await provision(line());
  await expect(provision(line({ "vehicle-id": "other" }))).rejects.toMatchObject({
    code: "DATA_FOLDER_IN_USE",
  });
  expect((await readDataFolder(file("agent"))).config.vehicleId).toBe("vehicle-1");
  await provision([...line({ "vehicle-id": "other" }), "--force"]);
  expect((await readDataFolder(file("agent"))).config.vehicleId).toBe("other");
});

const wrong: readonly (readonly [string, Readonly<Record<string, string | undefined>>, string])[] = [
  ["an option that is missing", { cloud: undefined }, "OPTION_INVALID"],
  ["an ECU without a profile", { ecu: "ENG-000001" }, "OPTION_INVALID"],
  ["a profile that there is not", { ecu: "ENG-000001=warp" }, "CONFIG_INVALID"],
  ["a port that is no number", { "hmi-port": "http" }, "OPTION_INVALID"],
  ["an image that is not there", { image: "/nowhere/x.bin" }, "OPTION_INVALID"],
  ["an option that there is not", { colour: "red" }, "OPTION_INVALID"],
];

test.each(wrong)("E12 %s is refused and nothing is written", async (_what, changes, code) => {
  await expect(provision(line(changes))).rejects.toMatchObject({ code });
  await expect(stat(file("agent"))).rejects.toThrow(/ENOENT/);
});

test("T1 a root that is not signed by its own keys is refused", async () => {
  const root = JSON.parse(await readFile(file("image"), "utf8")) as { signatures: object[] };
  await writeFile(file("image"), JSON.stringify({ ...root, signatures: [] }));
  await expect(provision(line())).rejects.toMatchObject({ code: "ROOT_INVALID" });
});

test("T3 a token file given as a root is refused without showing it", async () => {
  const refused = provision(line({ "director-root": file("token") }));
  await expect(refused).rejects.toMatchObject({ code: "ROOT_INVALID" });
  await expect(refused).rejects.not.toThrow(/hs_dv/);
});
