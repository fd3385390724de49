import { DescriptorError, decodeDescriptor, SIGNATURE_BYTES } from "@halfshaft/ota-format/trust";
import type { EcuProfile, StepName } from "@halfshaft/vehicle-net/ecu";
import type { ImageToInstall } from "../installer/installer.ts";
import { BenchToolError } from "./bench-tool-error.ts";
import type { ImageFile } from "./image-file.ts";

/** What flashing a file will do, before anything is sent. */
export interface FlashPlan {
  /** Title of the ECU's profile. */
  readonly ecu: string;
  readonly hardwareId: string;
  /** Of the descriptor, where there is one. */
  readonly version?: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly segments: ImageFile["segments"];
  readonly leftOut: ImageFile["leftOut"];
  /** Requests 36 as long as the profile allows; the ECU may ask for shorter ones. */
  readonly blocks: number;
  readonly steps: readonly StepName[];
  /** Erasing, the bus and programming, ms. */
  readonly estimatedMs: number;
}

/** Service identifier and counter, which maxBlockBytes includes. */
const BLOCK_HEADER_BYTES = 2;
/** Payload that ISO-TP brings over a classic bus, as a share of its bit rate. */
const PAYLOAD_SHARE = 0.45;

/**
 * Plans and checks; talks to nobody.
 * @param descriptor signed, as the cloud gives it out for this image
 * @throws {BenchToolError} `DESCRIPTOR_MISSING`, `DESCRIPTOR_MISMATCH`
 */
export function planFlash(
  profile: EcuProfile,
  image: ImageFile,
  { descriptor, activate, bitrate }: { descriptor?: Uint8Array; activate: boolean; bitrate: number },
): FlashPlan {
  const version = checkDescriptor(profile, image, descriptor);
  const blockBytes = profile.transfer.maxBlockBytes - BLOCK_HEADER_BYTES;
  const { segments, sha256, leftOut } = image;
  const trial = activate ? [...profile.activationSequence, ...profile.commitSequence] : [];
  return {
    ecu: profile.title,
    hardwareId: profile.hardwareId,
    version,
    bytes: image.source.length,
    sha256,
    segments,
    leftOut,
    blocks: segments.reduce((sum, { length }) => sum + Math.ceil(length / blockBytes), 0),
    steps: [...profile.programmingSequence, ...trial],
    estimatedMs: Math.round(transferMs(profile, image, bitrate) + (activate ? profile.boot.startMs : 0)),
  };
}

/** The image as the installer takes it. */
export const imageToInstall = (image: ImageFile, descriptor: Uint8Array | undefined): ImageToInstall => ({
  source: image.source,
  sha256: image.sha256,
  segments: image.segments,
  signedDescriptor: descriptor ?? new Uint8Array(),
});

function transferMs({ flash }: EcuProfile, { source, segments }: ImageFile, bitrate: number): number {
  const sectors = segments.reduce((sum, { length }) => sum + Math.ceil(length / flash.sectorBytes), 0);
  const pages = Math.ceil(source.length / flash.pageBytes);
  const busMs = (source.length * 8000) / (bitrate * PAYLOAD_SHARE);
  return sectors * flash.eraseMsPerSector + busMs + pages * flash.programMsPerPage;
}

/** The ECU compares all this by itself, but only after the whole transfer. @returns the version. */
function checkDescriptor(
  profile: EcuProfile,
  image: ImageFile,
  signed: Uint8Array | undefined,
): string | undefined {
  const { programmingSequence, checkMemoryKind = "signedDescriptor" } = profile;
  const isNeeded = checkMemoryKind === "signedDescriptor" && programmingSequence.includes("checkMemory");
  if (signed === undefined) {
    if (!isNeeded) return undefined;
    throw new BenchToolError(
      "DESCRIPTOR_MISSING",
      `${profile.title} checks a signed descriptor of the image, and none was given.`,
      "Give it with --descriptor FILE; the cloud has it beside the image: …/images/<id>/descriptor.",
    );
  }
  const descriptor = decode(signed);
  const differs = (what: string, found: string | number, expected: string | number): BenchToolError =>
    mismatch(`its ${what} is ${found}, but ${expected} was expected`);
  const { hardwareId, length, version, segments } = descriptor;
  if (hardwareId !== profile.hardwareId) throw differs("hardware id", hardwareId, profile.hardwareId);
  const sha256 = Buffer.from(descriptor.sha256).toString("hex");
  if (length !== image.source.length) throw differs("length", length, image.source.length);
  if (sha256 !== image.sha256) throw differs("SHA-256", sha256, image.sha256);
  const places = (list: ImageFile["segments"]): string =>
    list.map(({ address, length }) => `0x${address.toString(16)}+${length}`).join(", ");
  if (places(segments) !== places(image.segments)) {
    throw differs("list of segments", places(segments), places(image.segments));
  }
  return version;
}

function decode(signed: Uint8Array): ReturnType<typeof decodeDescriptor> {
  try {
    return decodeDescriptor(signed.subarray(0, Math.max(0, signed.length - SIGNATURE_BYTES)));
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    throw mismatch(error.message, error);
  }
}

const mismatch = (reason: string, cause?: unknown): BenchToolError =>
  new BenchToolError(
    "DESCRIPTOR_MISMATCH",
    `The descriptor is not one of this image: ${reason}.`,
    "Give image and descriptor of the same release, and the profile of its ECU.",
    { cause },
  );
