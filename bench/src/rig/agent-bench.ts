import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createEcu, type EcuHandle, memoryStorage, provisionEcu } from "@halfshaft/ecu-firmware-sim";
import type { CanBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { benchKey, signImage } from "./signed-image.ts";

const AGENT = fileURLToPath(new URL("../../../edge-agent/src/main.ts", import.meta.url));
const profile = profileNamed("engine");
const address = profile.memory.find((region) => region.flashed)!.address;
const oldImage = new Uint8Array(4096).fill(0x11);
/** The ECU notes every 16 KB what is safely in flash. */
const newImage = Uint8Array.from({ length: 40_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

/** A verb of the agent that has come to its end. */
export interface Ended {
  readonly status: number | null;
  /** Lines of JSON, as the output is piped. */
  readonly lines: readonly Record<string, unknown>[];
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a verb of the agent as a process of its own; kills it, as a power cut would, when its output matches. */
export async function agent(
  args: readonly string[],
  { killAfter }: { readonly killAfter?: RegExp } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [AGENT, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += String(chunk);
    if (killAfter?.test(stdout) === true) child.kill("SIGKILL");
  });
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const json = stdout.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return { status, stdout, stderr, lines: json.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

/** Files to flash an engine control with, and the control itself, in real time. */
export interface AgentBench {
  readonly folder: string;
  readonly image: string;
  readonly descriptor: string;
  readonly sha256: string;
  flashArgs(url: string, ...more: string[]): string[];
  /** An ECU with the old image, answering. */
  powerEcu(bus: CanBus): Promise<EcuHandle>;
  /** Something to close with the bench, before what was opened earlier. */
  closes(close: () => unknown): void;
  close(): Promise<void>;
}

export async function agentBench(): Promise<AgentBench> {
  const folder = await mkdtemp(join(tmpdir(), "bench-tools-"));
  const image = join(folder, "engine-2.bin");
  const descriptor = join(folder, "engine-2.descriptor");
  const key = benchKey();
  const { hardwareId } = profile;
  const { sha256, signedDescriptor } = signImage(key, newImage, { hardwareId, version: "2.0.0", address });
  await writeFile(image, newImage);
  await writeFile(descriptor, signedDescriptor);
  const closers: (() => unknown)[] = [];
  return {
    folder,
    image,
    descriptor,
    sha256,
    flashArgs: (url, ...more) =>
      ["flash", image, "--ecu-profile", "engine", "--bus", url, "--descriptor", descriptor].concat(more),
    async powerEcu(bus) {
      const storage = memoryStorage();
      const { publicKey } = key;
      const old = signImage(key, oldImage, { hardwareId, version: "1.0.0", address });
      provisionEcu({ storage, profile, serial: "ENG-1", publicKey, image: oldImage, ...old });
      const ecu = createEcu({ profile, bus, clock: realClock, storage });
      closers.push(() => ecu.close());
      await ecu.answering();
      return ecu;
    },
    closes: (close) => void closers.push(close),
    async close() {
      for (const close of closers.splice(0).toReversed()) await close();
      await rm(folder, { recursive: true });
    },
  };
}
