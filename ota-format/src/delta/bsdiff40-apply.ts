import { Bzip2Decompressor } from "./bzip2/decompressor.ts";
import { HEADER_BYTES, inspectBsdiff40, OFFSET_BYTES, readOffset } from "./bsdiff40-header.ts";
import { DeltaError } from "./delta-error.ts";

export interface ApplyOptions {
  /** A patch that announces more is refused before anything is decoded. */
  readonly maxResultBytes: number;
}

const CHUNK_BYTES = 0x4_0000;
const CONTROL_BYTES = 3 * OFFSET_BYTES;
/** Steps that make nothing: bsdiff writes one now and then, at most this many more than others are allowed. */
const IDLE_STEPS = 1024;

/**
 * The result of the patch, in pieces of 256 KiB (the last may be shorter), each a new array. Memory beside base
 * and patch: 11 MB, whatever the patch says. Nothing is proven before the end: who uses the pieces compares
 * the digest of the whole, as {@link applyVerified} does.
 * @throws {DeltaError} for a patch that is damaged, hostile or does not belong to this base
 */
export function* applyBsdiff40(
  base: Uint8Array,
  patch: Uint8Array,
  options: ApplyOptions,
): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const header = inspectBsdiff40(patch);
  if (header.resultBytes > options.maxResultBytes) {
    throw new DeltaError(
      "too-large",
      `the patch announces a result of ${header.resultBytes} bytes, at most ${options.maxResultBytes} are allowed`,
    );
  }
  const diffStart = HEADER_BYTES + header.controlBytes;
  const extraStart = diffStart + header.diffBytes;
  const { resultBytes } = header;
  const maxControlBytes = (resultBytes * 2 + IDLE_STEPS) * CONTROL_BYTES;
  const control = new Bzip2Decompressor(patch.subarray(HEADER_BYTES, diffStart), maxControlBytes);
  const diff = new Bzip2Decompressor(patch.subarray(diffStart, extraStart), resultBytes);
  const extra = new Bzip2Decompressor(patch.subarray(extraStart), resultBytes);

  const steps = new ControlSteps(control);
  let made = 0;
  let basePosition = 0;
  let chunk = new Uint8Array(Math.min(CHUNK_BYTES, header.resultBytes));
  let at = 0;
  while (made < header.resultBytes) {
    const step = steps.next(header.resultBytes - made);
    for (let left = step.diffLength + step.extraLength; left > 0;) {
      const diffLeft = Math.max(left - step.extraLength, 0);
      const count = Math.min(diffLeft || left, chunk.length - at);
      if (diffLeft > 0) {
        readExactly(diff, chunk, at, count);
        addBase(base, basePosition, chunk, at, count);
        basePosition += count;
      } else {
        readExactly(extra, chunk, at, count);
      }
      at += count;
      made += count;
      left -= count;
      if (at === chunk.length) {
        yield chunk;
        chunk = new Uint8Array(Math.min(CHUNK_BYTES, header.resultBytes - made));
        at = 0;
      }
    }
    basePosition += step.seek;
  }
  for (const stream of [control, diff, extra]) stream.finish();
}

/** As {@link applyBsdiff40}, all at once. */
export function applyBsdiff40ToBytes(base: Uint8Array, patch: Uint8Array, options: ApplyOptions): Uint8Array {
  const chunks = applyBsdiff40(base, patch, options);
  const first = chunks.next();
  const result = new Uint8Array(inspectBsdiff40(patch).resultBytes);
  let at = 0;
  for (let chunk = first; !chunk.done; chunk = chunks.next()) {
    result.set(chunk.value, at);
    at += chunk.value.length;
  }
  return result;
}

interface ControlStep {
  readonly diffLength: number;
  readonly extraLength: number;
  readonly seek: number;
}

/** The control stream, three offsets a step. */
class ControlSteps {
  readonly #control: Bzip2Decompressor;
  readonly #bytes = new Uint8Array(CONTROL_BYTES);
  #idleSteps = 0;
  #usefulSteps = 0;

  constructor(control: Bzip2Decompressor) {
    this.#control = control;
  }

  /** @throws {DeltaError} `bad-length` where the step makes more than `left` bytes, or steps never get on */
  next(left: number): ControlStep {
    readExactly(this.#control, this.#bytes, 0, CONTROL_BYTES);
    const diffLength = readOffset(this.#bytes, 0);
    const extraLength = readOffset(this.#bytes, OFFSET_BYTES);
    const seek = readOffset(this.#bytes, 2 * OFFSET_BYTES);
    if (diffLength < 0 || extraLength < 0 || diffLength + extraLength > left) {
      throw new DeltaError(
        "bad-length",
        `a step of the patch adds ${diffLength} and inserts ${extraLength} bytes where ${left} are left`,
      );
    }
    if (diffLength + extraLength > 0) this.#usefulSteps++;
    else if (++this.#idleSteps > IDLE_STEPS + this.#usefulSteps) {
      throw new DeltaError("bad-length", `${this.#idleSteps} steps of the patch make nothing`);
    }
    return { diffLength, extraLength, seek };
  }
}

function readExactly(stream: Bzip2Decompressor, into: Uint8Array, at: number, count: number): void {
  const got = stream.read(into, at, at + count);
  if (got < count) {
    throw new DeltaError("truncated", `a stream of the patch ends ${count - got} bytes too early`);
  }
}

/** @throws {DeltaError} `bad-offset` where the base has no such bytes */
function addBase(base: Uint8Array, position: number, chunk: Uint8Array, at: number, count: number): void {
  if (position < 0 || position + count > base.length) {
    throw new DeltaError(
      "bad-offset",
      `the patch reads ${count} bytes at ${position} of a base of ${base.length}; it may belong to another`,
    );
  }
  for (let i = 0; i < count; i++) chunk[at + i]! += base[position + i]!;
}
