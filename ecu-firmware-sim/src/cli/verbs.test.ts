import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startHub } from "@halfshaft/vehicle-net/can";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toHex } from "../installed-image.ts";
import { filler, publicKey, testImage } from "../testing.ts";
import { exitStatus, explain } from "./explain.ts";
import { command } from "./verbs.ts";

const image = testImage("1.0.0", { segments: [{ address: 0, bytes: filler(5000, 3) }] });

let folder: string;
let state: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ecu-cli-"));
  state = join(folder, "state");
  writeFileSync(join(folder, "image.bin"), image.bytes);
  writeFileSync(join(folder, "descriptor"), image.signedDescriptor);
  writeFileSync(join(folder, "key.hex"), `${toHex(publicKey)}\n`);
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

/** What a person would see: exit status and message. */
async function run(...args: string[]): Promise<{ status: number; message: string }> {
  try {
    await command(args);
    return { status: 0, message: "" };
  } catch (error) {
    return { status: exitStatus(error), message: explain(error) };
  }
}

const provision = (change: Record<string, string> = {}, ...flags: string[]) => {
  const options = {
    profile: "engine",
    serial: "ENG-000001",
    state,
    image: join(folder, "image.bin"),
    descriptor: join(folder, "descriptor"),
    "public-key": join(folder, "key.hex"),
    ...change,
  };
  return run(
    "provision",
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ...flags,
  );
};

test.each<[string, () => ReturnType<typeof run>, number, RegExp]>([
  ["an unknown verb", () => run("start"), 2, /^UNKNOWN_VERB: there is no verb "start"\./],
  ["an unknown option", () => run("show", "--states", state), 2, /^BAD_OPTION: .*--states/],
  ["a missing option", () => run("show"), 2, /^BAD_OPTION: --state is missing\./],
  ["a folder without an ECU", () => run("show", "--state", state), 1, /^NOT_PROVISIONED: /],
  [
    "an unknown profile",
    () => provision({ profile: "gearbox" }),
    1,
    /^UNKNOWN_PROFILE: .*engine, adas, body/,
  ],
  ["a missing image", () => provision({ image: "none.bin" }), 1, /^UNREADABLE_FILE: none\.bin/],
  [
    "an image that is too short",
    () => provision({ image: join(folder, "key.hex") }),
    1,
    /^BAD_IMAGE: .*65 bytes/,
  ],
  ["no key in its file", () => provision({ "public-key": join(folder, "descriptor") }), 1, /^BAD_KEY_FILE: /],
  ["a bad serial number", () => provision({ serial: "no blanks" }), 1, /^BAD_SERIAL: "no blanks"/],
])(
  "S2 %s is answered with a code and what to do, and changes nothing",
  async (_name, act, status, message) => {
    const before = readdirSync(folder);
    const result = await act();
    expect(result.status).toBe(status);
    expect(result.message).toMatch(message);
    expect(result.message.split("\n")).toHaveLength(2);
    expect(readdirSync(folder)).toEqual(before);
  },
);

test("S2 an ECU that exists is overwritten with --force only", async () => {
  expect(await provision()).toMatchObject({ status: 0 });
  expect(await provision()).toMatchObject({
    status: 1,
    message: expect.stringMatching(/^ALREADY_PROVISIONED: .*\n.*--force/),
  });
  expect(await provision({}, "--force")).toMatchObject({ status: 0 });
});

test.each([
  [["--fault", "fire"], 2, /^BAD_OPTION: .*\nThe faults are: boot-failure\./],
  [["--profile", "body"], 1, /^WRONG_PROFILE: .*"engine", not "body"/],
])("S2 run with %s is refused", async (args, status, message) => {
  await provision();
  const hub = await startHub({ host: "127.0.0.1", port: 0, bitrate: 500_000 });
  const result = await run("run", "--state", state, "--bus", hub.url, ...args);
  await hub.close();
  expect(result).toMatchObject({ status, message: expect.stringMatching(message) });
});

test("S2 run without a hub is refused with what to do", async () => {
  await provision();
  const hub = await startHub({ host: "127.0.0.1", port: 0, bitrate: 500_000 });
  await hub.close();
  const result = await run("run", "--state", state, "--bus", hub.url);
  expect(result).toMatchObject({
    status: 1,
    message: expect.stringMatching(/^CANNOT_OPEN: .*\nStart the hub/),
  });
});
