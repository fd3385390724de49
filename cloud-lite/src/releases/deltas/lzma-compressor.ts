import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import lzma from "lzma-native";
import { DeltaError, type LzmaCompressor, type LzmaProperties } from "@halfshaft/ota-format/delta";

/** The longest match that LZMA knows: the encoder never stops looking before it has one. */
const LONGEST_MATCH = 273;
/** With a dictionary of 4 KiB so many steps through the match finder's tree cost little. */
const SEARCH_DEPTH = 4000;

const PIECE_BYTES = 65_536;

/**
 * Compresses to a raw LZMA stream with an end marker, as small as liblzma can. It works in libuv's threads, so this one
 * stays free. Raw, since lzma-native's `aloneEncoder` takes no notice of the dictionary that it is told. What it gives
 * throws {@link DeltaError} `bad-compression`.
 * @param onProgress told a share from 0 to 1
 */
export const lzmaCompressor =
  (onProgress?: (share: number) => void): LzmaCompressor =>
  (bytes, properties) =>
    compress(bytes, properties, onProgress);

export const compressLzma = lzmaCompressor();

async function compress(
  bytes: Uint8Array,
  properties: LzmaProperties,
  onProgress?: (share: number) => void,
): Promise<Uint8Array> {
  const options = {
    dictSize: properties.dictionaryBytes,
    lc: properties.literalContextBits,
    lp: properties.literalPositionBits,
    pb: properties.positionBits,
    mode: lzma.MODE_NORMAL,
    mf: lzma.MF_BT4,
    niceLen: LONGEST_MATCH,
    depth: SEARCH_DEPTH,
  };
  try {
    const encoder = lzma.createStream("rawEncoder", { filters: [{ id: lzma.FILTER_LZMA1, options }] });
    encoder.on("progress", ({ totalIn }: { totalIn: number }) => onProgress?.(totalIn / bytes.length));
    // Piece by piece, each after the one before: pieces that wait are joined to one, and nobody hears how far it is.
    return new Uint8Array(await buffer(Readable.from(pieces(bytes)).pipe(encoder)));
  } catch (cause) {
    throw new DeltaError("bad-compression", "liblzma cannot compress the patch", { cause });
  }
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
