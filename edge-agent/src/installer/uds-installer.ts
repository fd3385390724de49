import type { CanBus } from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";
import {
  clientTiming,
  type DidName,
  type DidValue,
  type EcuProfile,
  gatewayChannel,
  ProfileError,
  readDid,
  type StepName,
  type TesterCredentials,
} from "@halfshaft/vehicle-net/ecu";
import { type IsoTpChannel, openIsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import { type ClientEvent, UdsClient, UdsRefused, wasLost } from "@halfshaft/vehicle-net/uds";
import { Download } from "./download.ts";
import type { EcuStatus, ImageToInstall, Installer, InstallOptions, InstallResult } from "./installer.ts";
import { installerError, persist } from "./persist.ts";
import { runSequence } from "./sequence.ts";

export interface UdsInstallerOptions {
  readonly ecuId: string;
  /** Default: the profile's title. */
  readonly name?: string;
  readonly profile: EcuProfile;
  readonly bus: CanBus;
  readonly clock: Clock;
  /** Date for the fingerprint, `2026-11-21`; default: today, UTC. */
  readonly today?: () => string;
  /** Who programs, for the fingerprint: printable ASCII. */
  readonly tester?: string;
  /** For ECUs that ask for authentication (29). */
  readonly credentials?: TesterCredentials;
  /** Every request and answer, for traces. */
  readonly onEvent?: (event: ClientEvent) => void;
}

/** How often an ECU that is starting is asked whether it is there. */
const START_POLL_MS = 100;
/** Beyond the profile's start time, for an ECU that falls back to its old bank before it answers. */
const START_ALLOWANCE_MS = 10_000;

/** Installs over UDS (ISO 14229) as the ECU's profile says. Its bus stays open: it is its opener's. */
export class UdsInstaller implements Installer {
  readonly ecuId: string;
  readonly name: string;
  readonly #options: UdsInstallerOptions;
  readonly #channel: IsoTpChannel;
  readonly #client: UdsClient;

  constructor(options: UdsInstallerOptions) {
    const { profile, bus, clock, onEvent } = options;
    this.ecuId = options.ecuId;
    this.name = options.name ?? profile.title;
    this.#options = options;
    this.#channel = openIsoTpChannel(bus, clock, gatewayChannel(profile));
    this.#client = new UdsClient({ transport: this.#channel, clock, timing: clientTiming(profile), onEvent });
  }

  async status({
    signal,
    withinMs = 0,
  }: { signal?: AbortSignal; withinMs?: number } = {}): Promise<EcuStatus> {
    const { clock } = this.#options;
    const deadlineMs = clock.now() + withinMs;
    for (;;) {
      try {
        return await this.#status(signal);
      } catch (error) {
        if (!wasLost(error) || clock.now() >= deadlineMs)
          throw installerError(error, this.name, "identification");
      }
      await clock.sleep(START_POLL_MS, signal);
    }
  }

  async install(image: ImageToInstall, options: InstallOptions = {}): Promise<InstallResult> {
    const { signal } = options;
    const { profile } = this.#options;
    const download = new Download(this.#client, profile, image, options);
    const offset = await this.#doing("identification", async () => {
      const inactive = await this.#known("inactiveImageDigest", signal);
      return inactive && hex(inactive) === image.sha256 ? undefined : await download.resumeOffset();
    });
    const totalBytes = image.source.length;
    // Checked by the ECU already, before an interruption: nothing is left to do.
    if (offset === undefined) return { transferredBytes: 0, resumedAtBytes: totalBytes, repeatedBlocks: 0 };
    await this.#run(profile.programmingSequence, { signal, installation: { image, download, offset } });
    const { repeatedBlocks, transferredBytes } = download;
    return { transferredBytes: transferredBytes - offset, resumedAtBytes: offset, repeatedBlocks };
  }

  async activate(signal?: AbortSignal): Promise<void> {
    await this.#run(this.#options.profile.activationSequence, { signal });
    await this.#started(signal);
  }

  async commit(signal?: AbortSignal): Promise<void> {
    await this.#run(this.#options.profile.commitSequence, { signal });
  }

  async revert(signal?: AbortSignal): Promise<void> {
    await this.#run(this.#options.profile.revertSequence, { signal });
    await this.#started(signal);
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#channel.close();
  }

  /** After a reset: until the ECU answers again, with whichever bank. */
  async #started(signal: AbortSignal | undefined): Promise<void> {
    const { clock, profile } = this.#options;
    await clock.sleep(profile.boot.startMs, signal);
    await this.status({ signal, withinMs: profile.boot.startMs + START_ALLOWANCE_MS });
  }

  async #run(
    steps: readonly StepName[],
    context: {
      signal?: AbortSignal;
      installation?: { image: ImageToInstall; download: Download; offset: number };
    },
  ): Promise<void> {
    const { profile, today = todayUtc, tester = "halfshaft", credentials } = this.#options;
    await runSequence({ client: this.#client, profile, today, tester, credentials, ...context }, steps);
  }

  async #status(signal: AbortSignal | undefined): Promise<EcuStatus> {
    const serialNumber = await this.#read("serialNumber", signal);
    const hardwareId = await this.#read("hardwareId", signal);
    const digest = await this.#known("imageDigest", signal);
    return {
      serialNumber,
      hardwareId,
      version: await this.#known("softwareVersion", signal),
      imageSha256: digest && hex(digest),
      releaseCounter: await this.#known("releaseCounter", signal),
      activeBank: await this.#known("activeBank", signal),
      trialState: (await this.#known("trialState", signal)) ?? "unknown",
    };
  }

  async #doing<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw installerError(error, this.name, operation);
    }
  }

  #read<N extends DidName>(name: N, signal: AbortSignal | undefined): Promise<DidValue<N>> {
    return persist(() => readDid(this.#client, this.#options.profile, name, { signal }));
  }

  /** A value that an ECU need not have. */
  async #known<N extends DidName>(
    name: N,
    signal: AbortSignal | undefined,
  ): Promise<DidValue<N> | undefined> {
    try {
      return await this.#read(name, signal);
    } catch (error) {
      const isAbsent = error instanceof ProfileError && error.code === "absent";
      if (isAbsent || error instanceof UdsRefused) return undefined;
      throw error;
    }
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const todayUtc = (): string => new Date().toISOString().slice(0, 10);
