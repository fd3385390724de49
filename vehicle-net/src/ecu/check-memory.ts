import type { RequestOptions, UdsClient } from "../uds/client.ts";
import { ByteWriter } from "../uds/bytes.ts";
import type { EcuProfile } from "./profile.ts";
import { type RoutineResult, startWithRecord } from "./routines.ts";

/** An image as checkMemory may need it; what is expensive is computed only where the profile asks for it. */
export interface ImageToCheck {
  /** Descriptor with its signature, as it is. */
  readonly signedDescriptor: Uint8Array;
  /** SHA-256 over the image file: its segments one after another. */
  readonly sha256: Uint8Array;
  /** CRC-32 (ISO-HDLC, as in zip) over the same bytes. */
  crc32(): Promise<number>;
}

/**
 * Tells the ECU what its inactive bank should hold, in the way that its profile says, and gives what it found.
 * Throws as `startRoutine` does.
 */
export async function checkMemory(
  client: UdsClient,
  profile: EcuProfile,
  image: ImageToCheck,
  options?: RequestOptions,
): Promise<RoutineResult> {
  return await startWithRecord(client, profile, "checkMemory", await recordOf(profile, image), options);
}

async function recordOf(profile: EcuProfile, image: ImageToCheck): Promise<Uint8Array> {
  switch (profile.checkMemoryKind ?? "signedDescriptor") {
    case "signedDescriptor":
      return image.signedDescriptor;
    case "sha256":
      return image.sha256;
    case "crc32": {
      const writer = new ByteWriter();
      writer.uint(4, await image.crc32());
      return writer.finish();
    }
    default:
      return new Uint8Array();
  }
}
