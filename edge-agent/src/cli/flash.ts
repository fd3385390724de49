import { openBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { flashEcu, type FlashResult } from "../bench-tools/flash-ecu.ts";
import { type FlashPlan, imageToInstall, planFlash } from "../bench-tools/flash-plan.ts";
import { readImage } from "../bench-tools/image-file.ts";
import type { ImageToInstall, InstallProgress } from "../installer/installer.ts";
import { UdsInstaller } from "../installer/uds-installer.ts";
import { BUS_HELP, BUS_OPTIONS, EXIT_HELP, profileOf, readBytes } from "./bench-options.ts";
import { interruptible } from "./interrupted.ts";
import { hexNumber, optionInvalid, readArguments, required, type Verb } from "./options.ts";
import { Output } from "./output.ts";

const HELP = `usage: agent flash FILE --ecu-profile NAME --bus URL [options]

Flashes one ECU from a file, without any cloud: Intel HEX, or raw bytes. Writes the inactive bank; the running
software stays until --activate. Repeated after an interruption, it goes on where the ECU says.

  --ecu-profile NAME  engine, adas, body, or the path of a profile's JSON file
${BUS_HELP}
  --descriptor FILE   the image's signed descriptor, for ECUs that check one
  --address HEX       where a raw file begins; default: the only region that the ECU flashes
  --activate          start the image on trial, and commit it once it answers
  --tester NAME       who programs, for the fingerprint; default halfshaft
  --dry-run           read, check and plan; talk to nobody

${EXIT_HELP}`;

const DEFAULT_BITRATE = 500_000;

export const flash: Verb = async (args) => {
  const { values: options, positionals } = readArguments("flash", args, {
    ...BUS_OPTIONS,
    "ecu-profile": { type: "string" },
    descriptor: { type: "string" },
    address: { type: "string" },
    activate: { type: "boolean", default: false },
    tester: { type: "string" },
    "dry-run": { type: "boolean", default: false },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw optionInvalid("flash", "One FILE is flashed.");
  const profile = await profileOf(required("flash", "ecu-profile", options["ecu-profile"]));
  const address =
    options.address === undefined ? undefined : hexNumber("flash", "address", options.address, 0xffff_ffff);
  const image = readImage(await readBytes(file), profile, address);
  const descriptor = options.descriptor === undefined ? undefined : await readBytes(options.descriptor);
  const { activate, tester } = options;
  const output = new Output(process.stdout, options.json);
  const plan = planFlash(profile, image, { descriptor, activate, bitrate: DEFAULT_BITRATE });
  output.tell({ plan }, describePlan(plan));
  if (options["dry-run"]) return 0;
  const busUrl = required("flash", "bus", options.bus);
  const result = await run(output, { busUrl, profile, tester, activate }, imageToInstall(image, descriptor));
  output.tell({ flashed: result }, describeResult(result, activate));
  return 0;
};

interface Job {
  readonly busUrl: string;
  readonly profile: EcuProfile;
  readonly tester?: string;
  readonly activate: boolean;
}

async function run(output: Output, job: Job, image: ImageToInstall): Promise<FlashResult> {
  const { busUrl, profile, tester, activate } = job;
  const onNotice = (sentence: string): void => console.error(sentence);
  const bus = await openBus(busUrl, { clock: realClock, onNotice });
  try {
    const installer = new UdsInstaller({
      ecuId: profile.name,
      profile,
      bus,
      clock: realClock,
      ...(tester === undefined ? {} : { tester }),
    });
    const help = "The ECU runs its old software. The same command goes on where it stopped.";
    return await interruptible(help, async (signal) => {
      try {
        const onProgress = progressOn(output);
        return await flashEcu(installer, profile, image, { signal, activate, busUrl, onProgress });
      } finally {
        output.endProgress();
        await installer.close();
      }
    });
  } finally {
    await bus.close();
  }
}

/** Remaining time by the pace since the first block: what was there already took no time. */
function progressOn(output: Output): (progress: InstallProgress) => void {
  let first: { atMs: number; bytes: number } | undefined;
  return ({ transferredBytes, totalBytes }) => {
    const nowMs = realClock.now();
    first ??= { atMs: nowMs, bytes: transferredBytes };
    const bytes = transferredBytes - first.bytes;
    const msPerByte = bytes > 0 ? (nowMs - first.atMs) / bytes : undefined;
    const remainingMs = msPerByte === undefined ? undefined : msPerByte * (totalBytes - transferredBytes);
    output.progress("flash", transferredBytes / totalBytes, remainingMs);
  };
}

function describePlan(plan: FlashPlan): string {
  const { ecu, hardwareId, version, bytes, sha256, segments, leftOut, blocks, steps, estimatedMs } = plan;
  const hex = (value: number): string => `0x${value.toString(16)}`;
  return [
    `${ecu} (${hardwareId})${version === undefined ? "" : `, version ${version}`}`,
    `  ${bytes} bytes in ${blocks} blocks, SHA-256 ${sha256}`,
    ...segments.map(({ address, length }) => `  ${hex(address)} to ${hex(address + length - 1)}`),
    ...leftOut.map(
      ({ region, address, length }) =>
        `  left out: ${length} bytes at ${hex(address)}, ${region} is not flashed`,
    ),
    `  ${steps.join(" → ")}`,
    `  about ${Math.max(1, Math.round(estimatedMs / 1000))} s`,
  ].join("\n");
}

function describeResult(result: FlashResult, activated: boolean): string {
  const { transferredBytes, resumedAtBytes, repeatedBlocks, status } = result;
  const resumed = resumedAtBytes > 0 ? `, ${resumedAtBytes} were there already` : "";
  const repeated = repeatedBlocks > 0 ? `, ${repeatedBlocks} blocks were sent again` : "";
  const runs = `runs version ${status.version ?? "?"} from bank ${status.activeBank ?? "?"}`;
  const state = activated ? `committed: it ${runs}` : `in the inactive bank: it still ${runs}`;
  return `${transferredBytes} bytes transferred${resumed}${repeated}; ${state}`;
}
