import { encodeDescriptor, joinSignedDescriptor } from "@halfshaft/ota-format/trust";
import type { Image } from "@halfshaft/ota-format";
import type { Signer } from "./signer.ts";

/** The descriptor that an ECU's bootloader checks by itself, with its signature, base64. */
export async function signDescriptor(image: Omit<Image, "imageId">, signer: Signer): Promise<string> {
  const descriptor = encodeDescriptor({
    hardwareId: image.hardwareId,
    version: image.version,
    releaseCounter: image.releaseCounter,
    sha256: fromHex(image.sha256),
    length: image.length,
    segments: image.segments.map((segment) => ({ ...segment, sha256: fromHex(segment.sha256) })),
  });
  const signature = await signer.sign(descriptor);
  return Buffer.from(joinSignedDescriptor(descriptor, signature)).toString("base64");
}

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
