import { DeltaError } from "../delta-error.ts";

/** What encoder and decoder of an LZMA stream must agree on. */
export interface LzmaProperties {
  /** lc: how many high bits of the byte before choose a literal's model. */
  readonly literalContextBits: number;
  /** lp: how many low bits of the position do so. */
  readonly literalPositionBits: number;
  /** pb: how many low bits of the position choose the model of everything else. */
  readonly positionBits: number;
  readonly dictionaryBytes: number;
}

/** For an ECU: a dictionary of 4 KiB, models of 5 KiB. */
export const ECU_LZMA: LzmaProperties = {
  literalContextBits: 1,
  literalPositionBits: 0,
  positionBits: 0,
  dictionaryBytes: 4096,
};

export const LZMA_HEADER_BYTES = 13;
const SIZE_AT = 5;

/**
 * The header of the LZMA-alone format (lzma-specification.txt of the LZMA SDK): one byte for lc, lp and pb, the
 * dictionary's size, and eight bytes FF: the stream's length is unknown, an end marker closes it.
 */
export function encodeLzmaHeader(properties: LzmaProperties): Uint8Array {
  const { literalContextBits, literalPositionBits, positionBits, dictionaryBytes } = properties;
  const bytes = new Uint8Array(LZMA_HEADER_BYTES).fill(0xff, SIZE_AT);
  bytes[0] = (positionBits * 5 + literalPositionBits) * 9 + literalContextBits;
  new DataView(bytes.buffer).setUint32(1, dictionaryBytes, true);
  return bytes;
}

/** @throws {DeltaError} `bad-header` where it is none, or announces a length instead of an end marker */
export function decodeLzmaHeader(bytes: Uint8Array): LzmaProperties {
  const packed = bytes[0]!;
  if (packed >= 9 * 5 * 5) {
    throw new DeltaError("bad-header", `LZMA properties byte ${packed} is not below 225`);
  }
  if (bytes.subarray(SIZE_AT, LZMA_HEADER_BYTES).some((byte) => byte !== 0xff)) {
    throw new DeltaError("bad-header", "the LZMA stream announces its length; it must have an end marker");
  }
  return {
    literalContextBits: packed % 9,
    literalPositionBits: Math.floor(packed / 9) % 5,
    positionBits: Math.floor(packed / 45),
    dictionaryBytes: new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true),
  };
}
