import type { Image, MemoryRegion } from "@halfshaft/ota-format";
import { Refusal } from "../refusals.ts";
import { lineOfAddress, readIntelHex } from "./intel-hex.ts";
import { assemble, splitByRegion, type LeftOut, type MemoryBlock } from "./memory.ts";
import type { UploadQuery } from "./schema.ts";
import { versionKey } from "./version-key.ts";

interface Upload {
  readonly hardwareId: string;
  readonly regions: readonly MemoryRegion[];
  readonly query: UploadQuery;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const MAX_COUNTER = 0xffff_ffff;

/**
 * Turns an uploaded file into an image and the bytes of its artifact. Pure.
 * @throws {Refusal} HEX_MALFORMED, IMAGE_OUT_OF_RANGE, IMAGE_EMPTY, ADDRESS_MISSING, VERSION_INVALID, …
 */
export function readUpload(upload: Upload): {
  image: Omit<Image, "imageId">;
  file: Uint8Array;
  leftOut: LeftOut[];
} {
  const { hardwareId, query } = upload;
  const key = versionKey(query.version);
  const releaseCounter = Number(query.releaseCounter ?? 0);
  if (releaseCounter > MAX_COUNTER) {
    throw new Refusal("REQUEST_INVALID", { reason: `releaseCounter is larger than ${MAX_COUNTER}` });
  }
  const { blocks, whereIs } = isHex(upload) ? hexBlocks(upload) : binaryBlocks(upload);
  const { taken, leftOut } = splitByRegion(hardwareId, blocks, upload.regions, whereIs);
  const { file, ...digests } = assemble(taken);
  const image = { hardwareId, version: query.version, versionKey: key, releaseCounter, ...digests };
  return { image, file, leftOut };
}

interface Found {
  readonly blocks: readonly MemoryBlock[];
  readonly whereIs: (address: number) => string;
}

const isHex = ({ query, mediaType }: Upload): boolean =>
  query.format === undefined ? mediaType === "text/x-hex" : query.format === "hex";

function hexBlocks({ bytes }: Upload): Found {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return {
    blocks: readIntelHex(text),
    whereIs: (address) => `Intel HEX line ${lineOfAddress(text, address) ?? "?"}`,
  };
}

function binaryBlocks({ hardwareId, regions, query, bytes }: Upload): Found {
  const flashed = regions.filter((region) => region.flashed);
  if (query.address === undefined && flashed.length !== 1) {
    throw new Refusal("ADDRESS_MISSING", { hardwareId, count: flashed.length });
  }
  const address = query.address === undefined ? flashed[0]!.address : Number(query.address);
  return {
    blocks: bytes.length === 0 ? [] : [{ address, bytes }],
    whereIs: (at) => `Byte ${at - address} of the file`,
  };
}
