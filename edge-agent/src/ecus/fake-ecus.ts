import type { Clock } from "@halfshaft/vehicle-net/clock";
import type { TrialState } from "@halfshaft/vehicle-net/ecu";
import type {
  EcuStatus,
  ImageToInstall,
  Installer,
  InstallOptions,
  InstallResult,
} from "../installer/installer.ts";
import { InstallerError } from "../installer/installer-error.ts";
import type { Ecu, EcuAccess } from "./ecu-access.ts";

/** ECUs for tests of the steps: the boot behaviour of a dual-bank ECU, without a bus. */

const START_MS = 300;

export class FakeEcu implements Installer {
  readonly ecuId: string;
  readonly name: string;
  readonly hardwareId = "HW-1";
  readonly #clock: Clock;
  /** Digest of the image in each bank by what the bank is. */
  committed = "old".padEnd(64, "0");
  installed: string | undefined;
  phase: "idle" | "checked" | "armed" | "trial" = "idle";
  outcome: TrialState = "none";
  /** The new software never starts. */
  bootFails = false;
  /** Does not answer at all. */
  silent = false;
  /** Says no to activation. */
  refusesActivation = false;
  /** Takes the full image only. */
  refusesDeltas = false;
  readonly calls: string[] = [];
  /** Of the delta that it took last. */
  patches: NonNullable<ImageToInstall["delta"]>["patches"] = [];

  constructor(ecuId: string, clock: Clock) {
    this.ecuId = ecuId;
    this.name = `Unit ${ecuId}`;
    this.#clock = clock;
  }

  get runningSha256(): string {
    return this.phase === "trial" ? this.installed! : this.committed;
  }

  /** As a loss of power: a trial is over. */
  reset(): void {
    if (this.phase === "armed" && !this.bootFails) {
      this.phase = "trial";
      return;
    }
    if (this.phase === "armed" || this.phase === "trial") {
      this.phase = "checked";
      this.outcome = "fallback";
    }
  }

  async status({ signal }: { signal?: AbortSignal } = {}): Promise<EcuStatus> {
    await this.#clock.sleep(1, signal);
    if (this.silent) throw this.#silence("identification");
    const { phase, outcome } = this;
    const trialState = phase === "armed" || phase === "trial" ? phase : outcome;
    const imageSha256 = this.runningSha256;
    return {
      serialNumber: this.ecuId,
      hardwareId: this.hardwareId,
      version: imageSha256 === this.installed ? "2.0.0" : "1.0.0",
      imageSha256,
      releaseCounter: 1,
      activeBank: "A",
      trialState,
    };
  }

  async install(image: ImageToInstall, { signal }: InstallOptions = {}): Promise<InstallResult> {
    await this.#do("install", signal);
    const source = image.delta?.source ?? image.source;
    if (image.delta !== undefined && this.refusesDeltas) {
      throw new InstallerError("image-rejected", "another base", { name: this.name, reason: "another base" });
    }
    for (let at = 0; at < source.length; at += 1000) {
      await source.read(at, Math.min(1000, source.length - at));
    }
    this.patches = image.delta?.patches ?? [];
    this.installed = image.sha256;
    this.phase = "checked";
    this.outcome = "none";
    return {
      kind: image.delta?.format ?? "raw",
      transferredBytes: source.length,
      resumedAtBytes: 0,
      repeatedBlocks: 0,
    };
  }

  async activate(signal?: AbortSignal): Promise<void> {
    await this.#do("activate", signal);
    if (this.refusesActivation || this.installed === undefined) {
      throw new InstallerError("not-started", "no", { name: this.name, reason: "no" });
    }
    if (this.phase === "checked") this.phase = "armed";
    this.reset();
    await this.#clock.sleep(START_MS, signal);
  }

  async commit(signal?: AbortSignal): Promise<void> {
    await this.#do("commit", signal);
    if (this.phase === "idle" && this.committed === this.installed) return;
    if (this.phase !== "trial") {
      throw new InstallerError("not-started", "not on trial", { name: this.name, reason: "not on trial" });
    }
    this.committed = this.installed!;
    this.phase = "idle";
    this.outcome = "none";
  }

  async revert(signal?: AbortSignal): Promise<void> {
    await this.#do("revert", signal);
    if (this.phase === "armed" || this.phase === "trial") this.phase = "checked";
    this.outcome = "none";
    await this.#clock.sleep(START_MS, signal);
  }

  async close(): Promise<void> {}

  async #do(call: string, signal?: AbortSignal): Promise<void> {
    this.calls.push(call);
    await this.#clock.sleep(1, signal);
    if (this.silent) throw this.#silence(call);
  }

  #silence(operation: string): InstallerError {
    return new InstallerError("no-answer", "silent", { name: this.name, operation });
  }
}

export class FakeEcus implements EcuAccess {
  readonly ecus: readonly FakeEcu[];
  readonly busUrl = "fake:";
  readonly bytesPerSecond = 30_000;

  constructor(clock: Clock, ecuIds: readonly string[]) {
    this.ecus = ecuIds.map((ecuId) => new FakeEcu(ecuId, clock));
  }

  use<T>(ecuId: string, work: (installer: Installer) => Promise<T>): Promise<T> {
    return work(this.named(ecuId));
  }

  named(ecuId: string): FakeEcu {
    const ecu = (this.ecus as readonly (Ecu & FakeEcu)[]).find((candidate) => candidate.ecuId === ecuId);
    if (ecu === undefined) throw new TypeError(`the test has no ECU ${ecuId}`);
    return ecu;
  }
}
