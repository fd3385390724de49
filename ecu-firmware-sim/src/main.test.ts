import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openBus, startHub } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { clientTiming, gatewayChannel, profileNamed, readDid } from "@halfshaft/vehicle-net/ecu";
import { openIsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import { UdsClient } from "@halfshaft/vehicle-net/uds";
import { afterEach, beforeEach, expect, test } from "vitest";
import { filler, publicKey, testImage } from "./testing.ts";
import { toHex } from "./installed-image.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const image = testImage("1.0.0", { segments: [{ address: 0, bytes: filler(5000, 3) }] });

let folder: string;
let state: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ecu-cli-"));
  state = join(folder, "state");
  writeFileSync(join(folder, "image.bin"), image.bytes);
  writeFileSync(join(folder, "descriptor"), image.signedDescriptor);
  writeFileSync(join(folder, "key.hex"), `${toHex(publicKey)}\n`);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function ecu(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
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
  return ecu(
    "provision",
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ...flags,
  );
};

test("S2 provision makes an ECU that show describes", async () => {
  expect(await provision()).toMatchObject({ status: 0, stderr: "" });
  const { stdout } = await ecu("show", "--state", state, "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    serial: "ENG-000001",
    version: "1.0.0",
    activeBank: "A",
    bootState: "none",
    activeImageSha256: image.sha256,
  });
});

test("S2 an ECU on a bus hub says that it is ready, answers, and ends on SIGTERM", async () => {
  await provision();
  const hub = await startHub({ host: "127.0.0.1", port: 0, bitrate: 500_000 });
  const child = spawn(process.execPath, [main, "run", "--state", state, "--bus", hub.url]);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  expect(JSON.parse(line)).toMatchObject({ ready: true, ecu: "ENG-000001", profile: "engine" });

  const bus = await openBus(hub.url, { clock: realClock });
  const profile = profileNamed("engine");
  const transport = openIsoTpChannel(bus, realClock, gatewayChannel(profile));
  const client = new UdsClient({ transport, clock: realClock, timing: clientTiming(profile) });
  expect(await readDid(client, profile, "softwareVersion")).toBe("1.0.0");
  client.close();
  await transport.close();
  await bus.close();

  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([0, null]);
  await hub.close();
});

test("S2 an ECU whose bus goes away ends and says so", async () => {
  await provision();
  const hub = await startHub({ host: "127.0.0.1", port: 0, bitrate: 500_000 });
  const child = spawn(process.execPath, [main, "run", "--state", state, "--bus", hub.url]);
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  await once(createInterface({ input: child.stdout }), "line");
  await hub.close();
  expect(await once(child, "close")).toEqual([1, null]);
  expect(stderr).toMatch(/^BUS_LOST: /);
});

test("S2 a wrong option ends with status 2 and two lines, and no stack trace", async () => {
  const { status, stderr } = await ecu("show", "--states", state);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^BAD_OPTION: .*--states.*\nSee ecu --help\.\n$/);
});
