import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { benchKey, signImage } from "@halfshaft/bench/signed-image";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeVcan, type TestInterface } from "./test-interface.ts";

const ROOT = new URL("../../../", import.meta.url);
const path = (file: string): string => fileURLToPath(new URL(file, ROOT));
const ECU = path("ecu-firmware-sim/src/main.ts");
const AGENT = path("edge-agent/src/main.ts");
/** Each program loads a few hundred modules, on one slow processor. */
const TIMEOUT_MS = 240_000;

let vcan: TestInterface;
let folder: string;
let ecu: ChildProcess | undefined;

beforeEach(async () => {
  vcan = makeVcan();
  folder = await mkdtemp(join(tmpdir(), "flash-"));
});
afterEach(async () => {
  await powerOff();
  vcan.delete();
  await rm(folder, { recursive: true });
});

const inFolder = (name: string): string => join(folder, name);

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

/** Returns when the ECU answers. */
async function powerOn(): Promise<void> {
  const args = [ECU, "run", "--state", inFolder("ecu"), "--bus", `socketcan:${vcan.name}`];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  ecu = child;
  await Promise.race([once(child.stdout, "data"), once(child, "close")]);
}

async function powerOff(): Promise<void> {
  const child = ecu;
  ecu = undefined;
  if (child === undefined || child.exitCode !== null) return;
  const closed = once(child, "close");
  child.kill();
  await closed;
}

test(
  "E12 flash over SocketCAN writes the image into the bank, byte by byte, agent and ECU in processes of their own",
  async () => {
    const { hardwareId, memory } = profileNamed("engine");
    const { address } = memory.find((region) => region.flashed)!;
    const key = benchKey();
    await writeFile(inFolder("key"), key.publicKey);
    const files = { old: path("bench/firmware/engine/old.bin"), new: path("bench/firmware/engine/new.bin") };
    for (const [name, version] of [
      ["old", "1.0.0"],
      ["new", "2.0.0"],
    ] as const) {
      const image = new Uint8Array(await readFile(files[name]));
      await writeFile(
        inFolder(name),
        signImage(key, image, { hardwareId, version, address }).signedDescriptor,
      );
    }
    const identity = ["--profile", "engine", "--serial", "VCAN-1", "--public-key", inFolder("key")];
    const installed = ["--image", files.old, "--descriptor", inFolder("old")];
    await run(ECU, "provision", "--state", inFolder("ecu"), ...identity, ...installed);
    await powerOn();
    const bus = ["--ecu-profile", "engine", "--bus", `socketcan:${vcan.name}`];
    await run(AGENT, "flash", files.new, "--descriptor", inFolder("new"), ...bus);
    await powerOff();
    const shown = await run(ECU, "show", "--state", inFolder("ecu"), "--json");
    expect(shown).toContain(
      createHash("sha256")
        .update(await readFile(files.new))
        .digest("hex"),
    );
  },
  TIMEOUT_MS,
);
