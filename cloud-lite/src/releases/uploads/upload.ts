import type { Image, MemoryRegion } from "@halfshaft/ota-format";
import { Refusal } from "../../refusals.ts";
import { intelHexRecords, readIntelHex } from "../formats/intel-hex.ts";
import { assemble, splitByRegion, type LeftOut, type MemoryBlock } from "../formats/memory.ts";
import { readSRecord, sRecords } from "../formats/s-record.ts";
import { lineOfAddress } from "../formats/text-records.ts";
import { versionKey } from "../version-key.ts";

type Format = "bin" | "hex" | "srec";

/** A file of firmware, and what it is said to be. */
export interface UploadedFile {
  readonly hardwareId: string;
  readonly regions: readonly MemoryRegion[];
  readonly query: {
    readonly version: string;
    readonly releaseCounter?: number;
    /** Where a raw binary begins. */
    readonly address?: number;
    readonly format?: Format;
  };
  /** Says the format where the query does not. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What becomes of a file for one ECU type. */
export interface ReadFile {
  readonly image: Omit<Image, "imageId">;
  /** The bytes of its artifact. */
  readonly file: Uint8Array;
  readonly leftOut: LeftOut[];
}

const MAX_COUNTER = 0xffff_ffff;
/** System V ABI, ELF header: e_ident[EI_MAG0…EI_MAG3]. */
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/**
 * Turns an uploaded file into an image and the bytes of its artifact. Pure.
 * @throws {Refusal} UPLOAD_EMPTY, IMAGE_IS_ELF, IMAGE_IS_TEXT, HEX_MALFORMED, SREC_MALFORMED, IMAGE_OUT_OF_RANGE, IMAGE_EMPTY,
 *   ADDRESS_MISSING, VERSION_INVALID, …
 */
export function readUpload(upload: UploadedFile): ReadFile {
  const { hardwareId, query } = upload;
  const key = versionKey(query.version);
  const { releaseCounter = 0 } = query;
  if (releaseCounter > MAX_COUNTER) {
    throw new Refusal("REQUEST_INVALID", { reason: `releaseCounter is larger than ${MAX_COUNTER}` });
  }
  if (upload.bytes.length === 0) throw new Refusal("UPLOAD_EMPTY", { hardwareId });
  if (ELF_MAGIC.every((byte, i) => upload.bytes[i] === byte)) {
    throw new Refusal("IMAGE_IS_ELF", { hardwareId });
  }
  const format = formatOf(upload);
  const textFormat = query.format === undefined && format === "bin" ? textFormatOf(upload) : undefined;
  if (textFormat !== undefined) throw new Refusal("IMAGE_IS_TEXT", { hardwareId, format: textFormat });
  const { blocks, whereIs } = READERS[format](upload);
  const { taken, leftOut } = splitByRegion(hardwareId, blocks, upload.regions, whereIs);
  const { file, ...digests } = assemble(taken);
  const image = { hardwareId, version: query.version, versionKey: key, releaseCounter, ...digests };
  return { image, file, leftOut };
}

interface Found {
  readonly blocks: readonly MemoryBlock[];
  readonly whereIs: (address: number) => string;
}

const MEDIA_TYPES: Readonly<Record<string, Format>> = { "text/x-hex": "hex", "text/x-srec": "srec" };

const formatOf = ({ query, mediaType }: UploadedFile): Format =>
  query.format ?? MEDIA_TYPES[mediaType] ?? "bin";

/** First record of an Intel HEX or S-record file: what nobody means to flash as it is. */
const TEXT_BEGINNINGS: readonly (readonly [Format, RegExp])[] = [
  ["hex", /^:[0-9A-Fa-f]{10,}\r?\n/],
  ["srec", /^S[0-9][0-9A-Fa-f]{6,}\r?\n/],
];

function textFormatOf({ bytes }: UploadedFile): Format | undefined {
  const beginning = Buffer.from(bytes.subarray(0, 600)).toString("latin1");
  return TEXT_BEGINNINGS.find(([, pattern]) => pattern.test(beginning))?.[0];
}

const READERS: Readonly<Record<Format, (upload: UploadedFile) => Found>> = {
  bin: binaryBlocks,
  hex: (upload) => {
    const text = textOf(upload);
    return {
      blocks: readIntelHex(text),
      whereIs: (address) => `Intel HEX line ${lineOfAddress(intelHexRecords(text), address) ?? "?"}`,
    };
  },
  srec: (upload) => {
    const text = textOf(upload);
    return {
      blocks: readSRecord(text),
      whereIs: (address) => `S-record line ${lineOfAddress(sRecords(text), address) ?? "?"}`,
    };
  },
};

const textOf = ({ bytes }: UploadedFile): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

function binaryBlocks({ hardwareId, regions, query, bytes }: UploadedFile): Found {
  const flashed = regions.filter((region) => region.flashed);
  if (query.address === undefined && flashed.length !== 1) {
    throw new Refusal("ADDRESS_MISSING", { hardwareId, count: flashed.length });
  }
  const address = query.address ?? flashed[0]!.address;
  return {
    blocks: bytes.length === 0 ? [] : [{ address, bytes }],
    whereIs: (at) => `Byte ${at - address} of the file`,
  };
}
