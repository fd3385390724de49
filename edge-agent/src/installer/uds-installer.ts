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
import { deltaTransfer } from "./delta-transfer.ts";
import type { EcuStatus, ImageToInstall, Installer, InstallOptions, InstallResult } from "./installer.ts";
import { InstallerError } from "./installer-error.ts";
import { installerError, persist } from "./persist.ts";
import { RawTransfer } from "./raw-transfer.ts";
import { runSequence } from "./sequence.ts";
import { DeltaRefused, type Transfer } from "./transfer.ts";

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
    const raw = new RawTransfer(this.#client, profile, image, options);
    const delta = deltaTransfer(this.#client, profile, image, options);
    const inactive = await this.#doing("identification", () => this.#known("inactiveImageDigest", signal));
    if (inactive !== undefined && hex(inactive) === image.sha256) {
      // Checked by the ECU already, before an interruption: nothing is left to do.
      const { kind, totalBytes: resumedAtBytes } = delta ?? raw;
      return { kind, transferredBytes: 0, resumedAtBytes, repeatedBlocks: 0 };
    }
    if (delta === undefined) return await this.#transfer(image, raw, signal);
    try {
      return await this.#transfer(image, delta, signal);
    } catch (error) {
      if (!(error instanceof DeltaRefused)) throw error;
      await this.#demandImage(image, error);
      options.onFallback?.(error.message);
    }
    const result = await this.#transfer(image, raw, signal);
    return { ...result, transferredBytes: delta.transferredBytes + result.transferredBytes };
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

  /** Erases where nothing is gone on with, sends, and has the ECU check what it has. */
  async #transfer(
    image: ImageToInstall,
    transfer: Transfer,
    signal: AbortSignal | undefined,
  ): Promise<InstallResult> {
    await this.#doing("identification", () => transfer.findResume());
    await this.#run(this.#options.profile.programmingSequence, { signal, installation: { image, transfer } });
    const { kind, transferredBytes, resumedAtBytes, repeatedBlocks } = transfer;
    return { kind, transferredBytes, resumedAtBytes, repeatedBlocks };
  }

  /** Where only the delta was fetched, there is nothing to fall back to. */
  async #demandImage({ source }: ImageToInstall, { message: reason }: DeltaRefused): Promise<void> {
    try {
      await source.read(0, Math.min(1, source.length));
    } catch (cause) {
      const { name } = this;
      const message = `${name} did not take the delta (${reason}), and the image itself is not at hand`;
      throw new InstallerError("image-rejected", message, { name, reason }, { cause });
    }
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
      installation?: { image: ImageToInstall; transfer: Transfer };
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
