import { buffer } from "node:stream/consumers";
import lzma from "lzma-native";
import { DeltaError, type LzmaCompressor } from "@halfshaft/ota-format/delta";

/** The longest match that LZMA knows: the encoder never stops looking before it has one. */
const LONGEST_MATCH = 273;
/** With a dictionary of 4 KiB so many steps through the match finder's tree cost little. */
const SEARCH_DEPTH = 4000;

/**
 * Compresses to a raw LZMA stream with an end marker, as small as liblzma can. It works in libuv's threads, so this one
 * stays free. Raw, since lzma-native's `aloneEncoder` takes no notice of the dictionary that it is told.
 * @throws {DeltaError} `bad-compression`
 */
export const compressLzma: LzmaCompressor = async (bytes, properties) => {
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
    encoder.end(bytes);
    return new Uint8Array(await buffer(encoder));
  } catch (cause) {
    throw new DeltaError("bad-compression", "liblzma cannot compress the patch", { cause });
  }
};
