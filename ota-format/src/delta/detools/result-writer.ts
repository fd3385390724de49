import { DeltaError } from "../delta-error.ts";
import { SizeReader } from "./sizes.ts";

const BASE_CACHE_BYTES = 256;
/** Steps that make nothing: at most this many more than others, else they would be a bomb. */
const IDLE_STEPS = 1024;

/** What a device lends to the decoder. */
export interface DetoolsDevice {
  /** Fills `into` from the active image, beginning at `offset`; always within the base. */
  readBase(offset: number, into: Uint8Array): void;
  /**
   * Takes the next page of the result, shorter than a page only at the end. `page` is the decoder's own
   * memory and holds these bytes only until the call returns.
   */
  writeResult(page: Uint8Array, offset: number): void;
}

/** What comes next in the decompressed patch; the index goes into snapshots. */
const PARTS = ["dataFormatSize", "diffSize", "diff", "extraSize", "extra", "adjustment", "end"] as const;
type Part = (typeof PARTS)[number];

/** Makes the result from the decompressed patch, byte by byte, and hands it over in pages. */
export class ResultWriter {
  readonly page: Uint8Array;
  readonly baseCache = new Uint8Array(BASE_CACHE_BYTES);
  readonly #baseBytes: number;
  readonly #device: DetoolsDevice;
  readonly #size = new SizeReader();
  #resultBytes = 0;
  #part: Part = "dataFormatSize";
  #left = 0; // of the diff or extra bytes
  #made = 0;
  #basePosition = 0;
  #stepStart = 0; // what was made before this step
  #idleSteps = 0;
  #usefulSteps = 0;
  #cacheStart = 0;
  #cacheEnd = 0;

  constructor(baseBytes: number, pageBytes: number, device: DetoolsDevice) {
    this.#baseBytes = baseBytes;
    this.page = new Uint8Array(pageBytes);
    this.#device = device;
  }

  start(resultBytes: number): void {
    this.#resultBytes = resultBytes;
    if (resultBytes === 0) this.#part = "end"; // detools then writes no stream at all
  }

  get complete(): boolean {
    return this.#part === "end";
  }

  get resultBytes(): number {
    return this.#resultBytes;
  }

  /** Bytes of the result handed to the device. */
  get writtenBytes(): number {
    return this.complete ? this.#made : this.#made - (this.#made % this.page.length);
  }

  /** @throws {DeltaError} `bad-header`, `bad-length`, `bad-offset` or `trailing-bytes` */
  put(byte: number): void {
    if (this.#part === "diff") {
      this.#write(byte + this.#nextBaseByte());
      if (--this.#left === 0) this.#part = "extraSize";
    } else if (this.#part === "extra") {
      this.#write(byte);
      if (--this.#left === 0) this.#part = "adjustment";
    } else {
      const size = this.#size.take(byte);
      if (size !== undefined) this.#takeSize(size);
    }
  }

  /** Everything but the page, as numbers that 32 bits hold. */
  get registers(): number[] {
    const { magnitude, bytesRead, negative } = this.#size;
    return [
      this.#resultBytes,
      PARTS.indexOf(this.#part),
      this.#left,
      this.#made,
      this.#basePosition,
      this.#stepStart,
      this.#idleSteps,
      this.#usefulSteps,
      magnitude,
      bytesRead,
      negative ? 1 : 0,
    ];
  }

  set registers(values: readonly number[]) {
    const [resultBytes, part, left, made, basePosition, stepStart, idle, useful, ...size] = values;
    this.#resultBytes = resultBytes!;
    this.#part = PARTS[part!]!;
    this.#left = left!;
    this.#made = made!;
    this.#basePosition = basePosition!;
    this.#stepStart = stepStart!;
    this.#idleSteps = idle!;
    this.#usefulSteps = useful!;
    this.#size.magnitude = size[0]!;
    this.#size.bytesRead = size[1]!;
    this.#size.negative = size[2] === 1;
    this.#cacheEnd = this.#cacheStart;
  }

  #takeSize(size: number): void {
    switch (this.#part) {
      case "dataFormatSize":
        if (size !== 0) {
          throw new DeltaError("bad-header", "the patch uses a data format of detools; make it without one");
        }
        this.#part = "diffSize";
        break;
      case "diffSize":
        this.#checkLength(size);
        this.#checkBase(size);
        this.#left = size;
        this.#part = size > 0 ? "diff" : "extraSize";
        break;
      case "extraSize":
        this.#checkLength(size);
        this.#left = size;
        this.#part = size > 0 ? "extra" : "adjustment";
        break;
      case "adjustment":
        this.#seek(size);
        this.#endStep();
        break;
      default:
        throw new DeltaError("trailing-bytes", "the patch goes on after its result is complete");
    }
  }

  #endStep(): void {
    if (this.#made > this.#stepStart) this.#usefulSteps++;
    else if (++this.#idleSteps > IDLE_STEPS + this.#usefulSteps) {
      throw new DeltaError("bad-length", `${this.#idleSteps} steps of the patch make nothing`);
    }
    this.#stepStart = this.#made;
    this.#part = this.#made === this.#resultBytes ? "end" : "diffSize";
  }

  #checkLength(size: number): void {
    const left = this.#resultBytes - this.#made;
    if (size < 0 || size > left) {
      throw new DeltaError("bad-length", `a step of the patch makes ${size} bytes where ${left} are left`);
    }
  }

  #checkBase(size: number): void {
    const position = this.#basePosition;
    if (position + size > this.#baseBytes) {
      throw new DeltaError(
        "bad-offset",
        `the patch reads ${size} bytes at ${position} of a base of ${this.#baseBytes}; it may belong to another`,
      );
    }
  }

  #seek(adjustment: number): void {
    const position = this.#basePosition + adjustment;
    if (position < 0 || position > this.#baseBytes) {
      throw new DeltaError(
        "bad-offset",
        `the patch seeks to ${position} of a base of ${this.#baseBytes}; it may belong to another`,
      );
    }
    this.#basePosition = position;
  }

  #nextBaseByte(): number {
    const position = this.#basePosition++;
    if (position < this.#cacheStart || position >= this.#cacheEnd) {
      const count = Math.min(this.baseCache.length, this.#left);
      this.#device.readBase(position, this.baseCache.subarray(0, count));
      this.#cacheStart = position;
      this.#cacheEnd = position + count;
    }
    return this.baseCache[position - this.#cacheStart]!;
  }

  #write(byte: number): void {
    const at = this.#made % this.page.length;
    this.page[at] = byte;
    this.#made++;
    if (at + 1 === this.page.length || this.#made === this.#resultBytes) {
      this.#device.writeResult(this.page.subarray(0, at + 1), this.#made - at - 1);
    }
  }
}
