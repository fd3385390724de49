import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readStateFile } from "@halfshaft/ecu-firmware-sim";
import { type CandumpEntry, parseCandumpLine } from "@halfshaft/vehicle-net/can";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { BenchError } from "../../bench-error.ts";
import { Children } from "../../demo/children.ts";
import { withoutProcessingTime } from "../../rig/one-ecu.ts";
import { benchKey, signImage } from "../../rig/signed-image.ts";
import { checkInactiveBank, engineFirmware, firmwarePath } from "./images.ts";
import { streamOf } from "./one-ecu.ts";
import { highestLoad } from "./pace.ts";
import { type BusResult, type NamedBus, ratesOf } from "./result.ts";
import { TransferWindow } from "./transfer-window.ts";

/** Over any stretch of this length the hub must keep to the bit rate. */
const PACE_WINDOW_MS = 100;

/** Where there is one, the ECU keeps itself in memory: waiting for a disk would be processing time. */
const MEMORY_FOLDER = "/dev/shm";

/** What the other programs of the machine leave to a measurement in real time. */
export interface RealResult extends BusResult {
  /** Programs that wanted the processors, over the last minute. */
  readonly loadAverage: number;
  /** Highest share of the nominal bit rate over any 100 ms. */
  readonly highestLoad: number;
}

/**
 * Flashes one ECU without processing time, with agent, hub and ECU as processes of their own on the loopback, in real
 * time. Times are those of the hub's capture, from the first bit of 34 to the last bit of the answer to 37.
 * @throws {BenchError} `UNEXPECTED_RESULT` where the bank does not hold the image, or the hub was faster than its bit
 *   rate; `PROGRAM_ENDED` where a program failed.
 */
export async function measureReal(bus: NamedBus): Promise<RealResult> {
  const folder = await mkdtemp(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), "halfshaft-bus-"));
  const children = new Children(folder);
  try {
    return await flashOnce(bus, folder, children);
  } finally {
    await children.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The run of median efficiency among an odd number of runs: one that another program disturbed does not count. */
export async function medianReal(bus: NamedBus, runs = 3): Promise<RealResult> {
  const results: RealResult[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await measureReal(bus));
  return results.toSorted((a, b) => a.efficiency - b.efficiency)[(runs - 1) / 2]!;
}

async function flashOnce(bus: NamedBus, folder: string, children: Children): Promise<RealResult> {
  const profile = withoutProcessingTime(profileNamed("engine"));
  const newImage = await engineFirmware("new");
  const inFolder = (name: string): string => join(folder, name);
  const sha256 = await prepare(profile, newImage, inFolder);
  const [image, ecuProfile, state] = [
    fileURLToPath(firmwarePath("new")),
    inFolder("profile.json"),
    inFolder("ecu"),
  ];
  const provision = optionList({
    serial: "RIG-1",
    profile: ecuProfile,
    state,
    image: fileURLToPath(firmwarePath("old")),
    descriptor: inFolder("old.descriptor"),
    "public-key": inFolder("key"),
  });
  await children.run("provision", "ecu", ["provision", ...provision]);
  const wire = optionList({
    port: "0",
    bitrate: String(bus.rates.bitrate),
    capture: inFolder("capture.log"),
  });
  const hub = await children.start("hub", "agent", ["hub", ...wire]);
  const url = String(hub.url);
  await children.start("ecu", "ecu", ["run", ...optionList({ bus: url, profile: ecuProfile, state })]);
  const flash = optionList({ descriptor: inFolder("new.descriptor"), "ecu-profile": ecuProfile, bus: url });
  await children.run("flash", "agent", ["flash", image, ...flash]);
  const [loadAverage = 0] = loadavg();
  await children.stopAll();
  checkInactiveBank({ state: () => readStateFile(state) }, sha256);

  const entries = await readCapture(inFolder("capture.log"));
  const window = new TransferWindow([profile], bus.rates);
  for (const { frame, atMs } of entries) window.show(frame, atMs);
  const load = highestLoad(entries, bus.rates, PACE_WINDOW_MS);
  if (load > 1) {
    const percent = (load * 100).toFixed(2);
    throw new BenchError("UNEXPECTED_RESULT", `the hub ran at ${percent} % of its bit rate over 100 ms`);
  }
  const seconds = (window.exitMs - window.downloadMs) / 1000;
  const rates = ratesOf(bus, [{ bytes: newImage, format: streamOf(profile) }], seconds);
  return { mode: "real", ...rates, loadAverage, highestLoad: load };
}

const optionList = (options: Readonly<Record<string, string>>): string[] =>
  Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);

/** Writes profile, key and descriptors. Answers the SHA-256 of the new image. */
async function prepare(
  profile: EcuProfile,
  newImage: Uint8Array,
  inFolder: (name: string) => string,
): Promise<string> {
  const key = benchKey();
  const { hardwareId, memory } = profile;
  const { address } = memory.find((region) => region.flashed)!;
  const installed = signImage(key, await engineFirmware("old"), { hardwareId, version: "1.0.0", address });
  const { signedDescriptor, sha256 } = signImage(key, newImage, { hardwareId, version: "2.0.0", address });
  await Promise.all([
    writeFile(inFolder("profile.json"), JSON.stringify(profile)),
    writeFile(inFolder("key"), key.publicKey),
    writeFile(inFolder("old.descriptor"), installed.signedDescriptor),
    writeFile(inFolder("new.descriptor"), signedDescriptor),
  ]);
  return sha256;
}

async function readCapture(path: string): Promise<CandumpEntry[]> {
  const lines = (await readFile(path, "utf8")).split("\n");
  return lines.map(parseCandumpLine).filter((entry) => entry !== undefined);
}
