import type { EcuProfile } from "@halfshaft/vehicle-net/ecu";
import { DescriptorError, openSignedDescriptor, type EcuDescriptor } from "@halfshaft/ota-format/trust";
import { routineResults } from "@halfshaft/vehicle-net/ecu";
import { banks } from "./bank.ts";
import { ERASED } from "./torn.ts";
import { checkImage } from "./image-check.ts";
import { toHex } from "./installed-image.ts";
import { bankBytes, bankOffset, type MemoryRange } from "./memory-map.ts";
import { encodeState, newState } from "./nv-state.ts";
import { verifyStrictly } from "./signature.ts";
import type { EcuStorage } from "./storage.ts";

export type ProvisionErrorCode = "already-provisioned" | "bad-serial" | "bad-public-key" | "bad-image";

/** An ECU cannot be made so. */
export class ProvisionError extends Error {
  override readonly name = "ProvisionError";
  readonly code: ProvisionErrorCode;

  constructor(code: ProvisionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export interface ProvisionOptions {
  readonly storage: EcuStorage;
  readonly profile: EcuProfile;
  /** The ECU's identifier in the vehicle (F18C): 1 to 32 letters, digits, `.`, `_` or `-`. */
  readonly serial: string;
  /** Ed25519 key whose descriptors the ECU trusts from now on, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The image file: its segments one after another by address. */
  readonly image: Uint8Array;
  readonly signedDescriptor: Uint8Array;
  /** Overwrite an ECU that is there already. Default false. */
  readonly force?: boolean;
}

/**
 * Makes an ECU as it leaves the line: the image in bank A, checked and committed, its release counter burned.
 * @throws {ProvisionError}
 * @throws {StorageError}
 */
export function provisionEcu(options: ProvisionOptions): void {
  const { storage, profile, serial, publicKey, signedDescriptor } = options;
  if (!/^[A-Za-z0-9._-]{1,32}$/.test(serial)) {
    throw new ProvisionError("bad-serial", `"${serial}" is not 1 to 32 letters, digits, ".", "_" or "-"`);
  }
  if (publicKey.length !== 32) {
    throw new ProvisionError("bad-public-key", `an Ed25519 public key has 32 bytes, not ${publicKey.length}`);
  }
  if (options.force !== true && storage.readRecord() !== undefined) {
    throw new ProvisionError("already-provisioned", "there is an ECU in this storage already");
  }
  const memory = profile.memory
    .filter((region) => region.flashed)
    .map(({ address, length }) => ({ address, length }));
  const { descriptor, bank } = checkedBank(options, memory);

  const blank = new Uint8Array(bank.length).fill(ERASED);
  for (const name of banks) {
    storage.writeBank(name, 0, name === "A" ? bank : blank);
    storage.syncBank(name);
  }
  const state = newState({
    serial,
    profile: profile.name,
    hardwareId: profile.hardwareId,
    publicKey: toHex(publicKey),
    memory,
  });
  storage.writeRecord(
    encodeState({
      ...state,
      boot: { ...state.boot, releaseCounter: descriptor.releaseCounter },
      descriptors: { A: Buffer.from(signedDescriptor).toString("base64"), B: null },
    }),
  );
}

/** Bank A as it is to be, after the same checks that an update has to pass. */
function checkedBank(
  { profile, publicKey, image, signedDescriptor }: ProvisionOptions,
  regions: readonly MemoryRange[],
): { descriptor: EcuDescriptor; bank: Uint8Array } {
  const bank = new Uint8Array(bankBytes(regions)).fill(ERASED);
  placeSegments(bank, image, openDescriptor(signedDescriptor, publicKey), regions);
  const verdict = checkImage({
    signedDescriptor,
    publicKey,
    hardwareId: profile.hardwareId,
    releaseCounter: 0,
    regions,
    read: (offset, length) => bank.subarray(offset, offset + length),
  });
  if (verdict.result === "ok") return { descriptor: verdict.descriptor, bank };
  throw new ProvisionError("bad-image", `the image does not fit: ${routineResults[verdict.result].sentence}`);
}

function openDescriptor(signedDescriptor: Uint8Array, publicKey: Uint8Array): EcuDescriptor {
  try {
    return openSignedDescriptor(signedDescriptor, publicKey, verifyStrictly);
  } catch (cause) {
    if (!(cause instanceof DescriptorError)) throw cause;
    throw new ProvisionError("bad-image", `the descriptor cannot be used: ${cause.message}`, { cause });
  }
}

function placeSegments(
  bank: Uint8Array,
  image: Uint8Array,
  { segments, length }: EcuDescriptor,
  regions: readonly MemoryRange[],
): void {
  if (image.length !== length) {
    throw new ProvisionError(
      "bad-image",
      `the image has ${image.length} bytes, its descriptor says ${length}`,
    );
  }
  let taken = 0;
  for (const segment of segments) {
    const offset = bankOffset(regions, segment);
    // `checkImage` says what is wrong with a segment outside the bank.
    if (offset !== undefined) bank.set(image.subarray(taken, taken + segment.length), offset);
    taken += segment.length;
  }
}
