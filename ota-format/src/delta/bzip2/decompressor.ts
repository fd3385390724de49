import { DeltaError } from "../delta-error.ts";
import { BitReader } from "./bit-reader.ts";
import { readBlock } from "./block-reader.ts";
import { combineCrc, CRC_START, finishCrc, updateCrc } from "./crc32.ts";
import { BLOCK_MAGIC, BLOCK_UNIT_BYTES, END_MAGIC, RUN_MARK_BYTES, STREAM_MAGIC } from "./format.ts";

/**
 * Reads one bzip2 stream piece by piece. Memory: 4 bytes per byte of a block, at most 3.6 MB; how far a stream
 * may expand is for the caller to limit.
 */
export class Bzip2Decompressor {
  readonly #reader: BitReader;
  readonly #links: Int32Array;
  #left = 0; // bytes of the block not yet followed
  #next = 0;
  #previous = -1;
  #same = 0; // how often #previous came in a row
  #repeat = 0; // how often it is still to be written
  #blockCrc = CRC_START;
  #expectedBlockCrc = finishCrc(CRC_START);
  #streamCrc = 0;
  #ended = false;

  /**
   * No block may hold more than `usefulBytes` can take, so that a small stream costs little.
   * @throws {DeltaError} `truncated` or `bad-compression` where this is no bzip2 stream
   */
  constructor(compressed: Uint8Array, usefulBytes: number) {
    this.#reader = new BitReader(compressed);
    for (const byte of STREAM_MAGIC) {
      if (this.#reader.read(8) !== byte) throw new DeltaError("bad-compression", "not a bzip2 stream");
    }
    const level = this.#reader.read(8) - 0x30;
    if (level < 1 || level > 9)
      throw new DeltaError("bad-compression", `bzip2 level ${level} is not in 1..9`);
    const usefulBlock = usefulBytes + Math.ceil(usefulBytes / RUN_MARK_BYTES); // a run of four takes five bytes
    this.#links = new Int32Array(Math.min(level * BLOCK_UNIT_BYTES, usefulBlock));
  }

  /**
   * Fills `into[from..to)`; gives how many bytes there were, fewer only at the end of the stream.
   * @throws {DeltaError} `truncated`, `bad-compression` or `bad-checksum`
   */
  read(into: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      if (this.#left === 0 && this.#repeat === 0 && !this.#nextBlock()) break;
      const end = this.#follow(into, at, to);
      this.#blockCrc = updateCrc(this.#blockCrc, into, at, end);
      at = end;
    }
    return at - from;
  }

  /** @throws {DeltaError} `trailing-bytes` where the stream goes on, or something follows it */
  finish(): void {
    if (this.read(new Uint8Array(1), 0, 1) > 0) {
      throw new DeltaError("trailing-bytes", "bzip2 stream holds more bytes than the patch uses");
    }
    if (this.#reader.bytesLeft > 0) {
      throw new DeltaError("trailing-bytes", `${this.#reader.bytesLeft} bytes follow a bzip2 stream`);
    }
  }

  /** Undoes the run-length coding within a block; where it stopped. */
  #follow(into: Uint8Array, from: number, to: number): number {
    const links = this.#links;
    let at = from;
    let next = this.#next;
    let left = this.#left;
    let previous = this.#previous;
    let same = this.#same;
    let repeat = this.#repeat;
    while (at < to) {
      if (repeat > 0) {
        const count = Math.min(repeat, to - at);
        into.fill(previous, at, at + count);
        at += count;
        repeat -= count;
        continue;
      }
      if (left === 0) break;
      const byte = links[next]! & 0xff;
      next = links[next]! >> 8;
      left--;
      if (same === RUN_MARK_BYTES) {
        repeat = byte;
        same = 0;
        continue;
      }
      same = byte === previous ? same + 1 : 1;
      previous = byte;
      into[at++] = byte;
    }
    this.#next = next;
    this.#left = left;
    this.#previous = previous;
    this.#same = same;
    this.#repeat = repeat;
    return at;
  }

  /** False at the end of the stream. */
  #nextBlock(): boolean {
    if (this.#ended) return false;
    if (finishCrc(this.#blockCrc) !== this.#expectedBlockCrc) {
      throw new DeltaError("bad-checksum", "bzip2 block does not match its CRC");
    }
    const magic = [this.#reader.read(24), this.#reader.read(24)];
    const crc = this.#reader.readU32();
    if (magic[0] === END_MAGIC[0] && magic[1] === END_MAGIC[1]) {
      if (crc !== this.#streamCrc)
        throw new DeltaError("bad-checksum", "bzip2 stream does not match its CRC");
      this.#ended = true;
      return false;
    }
    if (magic[0] !== BLOCK_MAGIC[0] || magic[1] !== BLOCK_MAGIC[1]) {
      throw new DeltaError("bad-compression", "bzip2 stream has neither a block nor an end where one is due");
    }
    const { length, start } = readBlock(this.#reader, this.#links);
    this.#left = length;
    this.#next = start;
    this.#previous = -1;
    this.#same = 0;
    this.#blockCrc = CRC_START;
    this.#expectedBlockCrc = crc;
    this.#streamCrc = combineCrc(this.#streamCrc, crc);
    return true;
  }
}
