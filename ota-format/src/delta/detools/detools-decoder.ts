import { DeltaError } from "../delta-error.ts";
import { InputWindow } from "./input-window.ts";
import { LzmaDecoder, MAX_SYMBOL_BYTES } from "./lzma-decoder.ts";
import { ECU_LZMA } from "./lzma-header.ts";
import type { LzmaProperties } from "./lzma-header.ts";
import { MAX_PATCH_START_BYTES, readPatchStart } from "./patch-start.ts";
import { RANGE_START_BYTES } from "./range-decoder.ts";
import { ResultWriter } from "./result-writer.ts";
import type { DetoolsDevice } from "./result-writer.ts";
import { decodeSnapshot, encodeSnapshot, snapshotLength } from "./snapshot.ts";

export interface DetoolsDecoderOptions {
  /** How long the base is. */
  readonly baseBytes: number;
  /** A patch that announces more is refused before anything is written. */
  readonly maxResultBytes: number;
  /** What is handed to the device at once; 512 unless told. */
  readonly pageBytes?: number;
  /** The largest LZMA properties that memory is set aside for; {@link ECU_LZMA} unless told. */
  readonly limits?: LzmaProperties;
  /** 16 KiB unless told. */
  readonly ramBudgetBytes?: number;
}

const DEFAULT_PAGE_BYTES = 512;
const DEFAULT_RAM_BUDGET_BYTES = 16_384;
const START_BYTES = MAX_PATCH_START_BYTES + RANGE_START_BYTES;
/** With so much input at hand nothing runs dry in the middle, so the decoder can stop between any two bytes. */
const LOOK_AHEAD_BYTES = Math.max(START_BYTES, MAX_SYMBOL_BYTES);
/** Numbers beside the arrays: registers, and those that follow from the patch's header. */
const REGISTER_BYTES = 160;

/** The index goes into snapshots. */
const PHASES = ["header", "stream", "end"] as const;
type Phase = (typeof PHASES)[number];
const OWN_REGISTERS = 3;

/**
 * Applies a patch of detools' type "sequential" with LZMA as it arrives: the patch forward in pieces of any
 * size, the base at random, the result forward in pages. All memory is allocated when it is made and counted
 * in {@link ramBytes}. It proves nothing: digests of base and result are for the caller to compare.
 *
 * After an error the decoder is of no more use, except for {@link restore}.
 */
export class DetoolsDecoder {
  readonly ramBytes: number;
  /** How long {@link snapshot} is, always. */
  readonly snapshotBytes: number;
  readonly #options: DetoolsDecoderOptions;
  readonly #limits: LzmaProperties;
  readonly #input = new InputWindow();
  /** Input not yet used, where a snapshot finds it. */
  readonly #heldBack = new Uint8Array(LOOK_AHEAD_BYTES);
  readonly #writer: ResultWriter;
  readonly #lzma: LzmaDecoder;
  #phase: Phase = "header";
  #patchBytes = 0;

  /** @throws {DeltaError} `too-large` where the memory needed is over the budget */
  constructor(device: DetoolsDevice, options: DetoolsDecoderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? ECU_LZMA;
    this.#writer = new ResultWriter(options.baseBytes, options.pageBytes ?? DEFAULT_PAGE_BYTES, device);
    this.#lzma = new LzmaDecoder(this.#limits, this.#input, (byte) => this.#writer.put(byte));
    const buffers = [...this.#keptBuffers(), this.#input.bytes, this.#writer.baseCache];
    this.ramBytes = buffers.reduce((sum, buffer) => sum + buffer.byteLength, REGISTER_BYTES);
    this.snapshotBytes = snapshotLength(this.#registers.length, this.#keptBuffers());
    const budget = options.ramBudgetBytes ?? DEFAULT_RAM_BUDGET_BYTES;
    if (this.ramBytes > budget) {
      throw new DeltaError(
        "too-large",
        `the decoder needs ${this.ramBytes} bytes of RAM, the budget is ${budget}`,
      );
    }
  }

  /** Bytes of the patch taken so far; a transfer resumed after {@link restore} goes on here. */
  get patchBytes(): number {
    return this.#patchBytes;
  }

  /** Length of the result as the patch announces it; 0 before it is known. */
  get resultBytes(): number {
    return this.#writer.resultBytes;
  }

  /** Bytes of the result that were handed to the device, in whole pages but for the last. */
  get writtenBytes(): number {
    return this.#writer.writtenBytes;
  }

  /**
   * Takes the next bytes of the patch. Up to 24 bytes are held back until more come.
   * @throws {DeltaError} for a patch that is damaged, hostile, or beyond the limits
   */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#ended) throw new DeltaError("trailing-bytes", "bytes follow the end of the patch");
      at += this.#input.fill(bytes, at);
      while (!this.#ended && this.#input.available >= LOOK_AHEAD_BYTES) this.#decode();
    }
    this.#patchBytes += bytes.length;
  }

  /** To be called after the last byte. @throws {DeltaError} as {@link push}, and where the patch is incomplete */
  finish(): void {
    while (!this.#ended) this.#decode();
    if (this.#input.available > 0) {
      throw new DeltaError("trailing-bytes", `${this.#input.available} bytes follow the end of the patch`);
    }
  }

  /** All that is needed to go on later, between two calls of {@link push}; always equally long. */
  snapshot(): Uint8Array {
    this.#heldBack.set(this.#input.rest());
    return encodeSnapshot(this.#registers, this.#keptBuffers());
  }

  /**
   * Goes on from a snapshot that a decoder with the same options made. Pages handed over after it was made are
   * handed over again, byte for byte.
   * @throws {DeltaError} `bad-header` or `bad-checksum` for one that is damaged or of another kind
   */
  restore(snapshot: Uint8Array): void {
    const registers = decodeSnapshot(snapshot, this.#registers.length, this.#keptBuffers());
    const lzmaEnd = OWN_REGISTERS + this.#lzma.registers.length;
    const [phase, patchBytes, heldBack] = registers;
    this.#phase = PHASES[phase!]!;
    this.#patchBytes = patchBytes!;
    this.#input.reset(this.#heldBack.subarray(0, heldBack));
    this.#lzma.registers = registers.slice(OWN_REGISTERS, lzmaEnd);
    this.#writer.registers = registers.slice(lzmaEnd);
  }

  get #registers(): number[] {
    const own = [PHASES.indexOf(this.#phase), this.#patchBytes, this.#input.available];
    return [...own, ...this.#lzma.registers, ...this.#writer.registers];
  }

  #keptBuffers(): Uint8Array[] {
    const { probabilities, dictionary } = this.#lzma;
    return [this.#heldBack, new Uint8Array(probabilities.buffer), dictionary, this.#writer.page];
  }

  get #ended(): boolean {
    return this.#phase === "end";
  }

  #decode(): void {
    if (this.#phase === "header") this.#start();
    else if (!this.#lzma.decodeSymbol()) this.#end();
  }

  #start(): void {
    const { resultBytes, properties } = readPatchStart(() => this.#input.next());
    const limit = this.#options.maxResultBytes;
    if (resultBytes > limit) {
      throw new DeltaError(
        "too-large",
        `the patch announces a result of ${resultBytes} bytes, at most ${limit} are allowed`,
      );
    }
    this.#writer.start(resultBytes);
    if (properties === undefined) {
      this.#phase = "end";
      return;
    }
    this.#checkProperties(properties);
    this.#lzma.start(properties);
    this.#phase = "stream";
  }

  #checkProperties(p: LzmaProperties): void {
    const limits = this.#limits;
    const literalBits = p.literalContextBits + p.literalPositionBits;
    const literalLimit = limits.literalContextBits + limits.literalPositionBits;
    if (
      p.dictionaryBytes > limits.dictionaryBytes ||
      literalBits > literalLimit ||
      p.positionBits > limits.positionBits
    ) {
      throw new DeltaError(
        "too-large",
        `the patch needs a dictionary of ${p.dictionaryBytes} bytes, lc + lp = ${literalBits} and ` +
          `pb = ${p.positionBits}; this decoder has ${limits.dictionaryBytes}, ${literalLimit} and ${limits.positionBits}`,
      );
    }
  }

  #end(): void {
    if (!this.#writer.complete) {
      throw new DeltaError(
        "truncated",
        `the patch ends after ${this.#writer.writtenBytes} bytes of its result`,
      );
    }
    this.#phase = "end";
  }
}
