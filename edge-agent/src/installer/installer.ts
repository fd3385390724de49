import type { Bank, TrialState } from "@halfshaft/vehicle-net/ecu";
import type { SegmentPatch } from "@halfshaft/ota-format/delta";
import type { TransferKind } from "./transfer.ts";

/** Bytes of an image file: its segments one after another. Read in pieces, so that memory stays bounded. */
export interface ImageSource {
  readonly length: number;
  /** Exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** Patches from the image that the ECU runs to the one that it is to get; the ECU applies them as they arrive. */
export interface DeltaToInstall {
  /** detools' type "sequential" with LZMA. */
  readonly format: "detools";
  /** The file that holds them. */
  readonly source: ImageSource;
  /** One for each segment of the image: where it is in the file, and its SHA-256 as lower-case hex. */
  readonly patches: readonly Pick<SegmentPatch, "offset" | "length" | "sha256">[];
  /** SHA-256 of the image file that they start from, lower-case hex. */
  readonly baseSha256: string;
}

/** One image and what the ECU's bootloader demands beside it. */
export interface ImageToInstall {
  /** Its length must be known; where there is a delta, it is read only if the ECU does not take that. */
  readonly source: ImageSource;
  /** Sent in place of the image where the ECU can apply it. */
  readonly delta?: DeltaToInstall;
  /** SHA-256 of the image file, lower-case hex. */
  readonly sha256: string;
  /** By address, ascending. */
  readonly segments: readonly { readonly address: number; readonly length: number }[];
  /** Descriptor with its Ed25519 signature, passed on as it is. */
  readonly signedDescriptor: Uint8Array;
}

/** What an ECU says of itself. Absent where it does not know or was not asked. */
export interface EcuStatus {
  readonly serialNumber: string;
  readonly hardwareId: string;
  readonly version?: string;
  /** SHA-256 of the image in the active bank, hex. */
  readonly imageSha256?: string;
  readonly releaseCounter?: number;
  readonly activeBank?: Bank;
  readonly trialState: TrialState;
}

/** How far a transfer is, in bytes of what is sent: the image file, or the patch. */
export interface InstallProgress {
  readonly transferredBytes: number;
  readonly totalBytes: number;
}

export interface InstallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: InstallProgress) => void;
  /** The ECU did not take the delta, and why; the image itself is sent now. */
  readonly onFallback?: (reason: string) => void;
}

/** What an installation cost on the bus. */
export interface InstallResult {
  /** What the image came as in the end. */
  readonly kind: TransferKind;
  /** Bytes of the image or the patch. */
  readonly transferredBytes: number;
  /** Bytes that were there already from an installation that was cut off. */
  readonly resumedAtBytes: number;
  /** Blocks that had to be sent again. */
  readonly repeatedBlocks: number;
}

/**
 * One target in the vehicle. `install` writes the inactive bank only and can be repeated; `commit` is a call of
 * its own. Each throws `InstallerError`, or the signal's reason when it aborts.
 */
export interface Installer {
  readonly ecuId: string;
  /** For people: "Engine control". */
  readonly name: string;
  /** Asks the ECU; `withinMs` waits for one that is starting. */
  status(options?: { readonly signal?: AbortSignal; readonly withinMs?: number }): Promise<EcuStatus>;
  install(image: ImageToInstall, options?: InstallOptions): Promise<InstallResult>;
  /** Starts the inactive bank on trial. Answers once the ECU is on the bus again, whatever it runs. */
  activate(signal?: AbortSignal): Promise<void>;
  /** Makes the bank on trial permanent. Idempotent. */
  commit(signal?: AbortSignal): Promise<void>;
  /** Starts the old bank again. Idempotent. */
  revert(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
