import { createHash } from "node:crypto";
import { concatenate } from "./bytes.ts";
import { DeltaError } from "./delta-error.ts";

/** Where a segment of an image lies in memory; bytes. */
export interface SegmentRange {
  readonly address: number;
  readonly length: number;
}

/** The patch of one segment within the file that holds those of all; bytes. */
export interface SegmentPatch {
  /** Where its segment lies in memory. */
  readonly address: number;
  /** Where the patch begins in the file. */
  readonly offset: number;
  readonly length: number;
  /** SHA-256 of the patch, lower-case hex. */
  readonly sha256: string;
}

/** "HSP1"; a patch of detools' begins with 01, one of bsdiff's with "B". */
const MAGIC = [0x48, 0x53, 0x50, 0x31];
const COUNT_AT = MAGIC.length;
const ENTRIES_AT = COUNT_AT + 1;
const DIGEST_BYTES = 32;
const ENTRY_BYTES = 8 + DIGEST_BYTES;
const MAX_SEGMENTS = 64;

/** How much of a file it takes at most to read where its patches are. */
export const MAX_INDEX_BYTES = ENTRIES_AT + MAX_SEGMENTS * ENTRY_BYTES;

export const isSegmentPatches = (file: Uint8Array): boolean => MAGIC.every((byte, i) => file[i] === byte);

/**
 * The patches of an image of several segments as one file. Layout, big-endian: "HSP1", u8 number of patches, for each u32
 * address of its segment, u32 length and sha256[32] of the patch; then the patches, each a file of detools' by itself.
 * @throws {DeltaError} `bad-header` for none or more than 64
 */
export function joinSegmentPatches(
  patches: readonly { readonly address: number; readonly patch: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  demandCount(patches.length);
  const index = new Uint8Array(ENTRIES_AT + patches.length * ENTRY_BYTES);
  const view = new DataView(index.buffer);
  index.set(MAGIC);
  index[COUNT_AT] = patches.length;
  for (const [i, { address, patch }] of patches.entries()) {
    const at = ENTRIES_AT + i * ENTRY_BYTES;
    view.setUint32(at, address);
    view.setUint32(at + 4, patch.length);
    index.set(createHash("sha256").update(patch).digest(), at + 8);
  }
  return concatenate([index, ...patches.map(({ patch }) => patch)]);
}

/**
 * Where the patches of a file are.
 * @param start its first bytes: {@link MAX_INDEX_BYTES}, or all that it has
 * @param fileBytes how long the file is
 * @throws {DeltaError} `bad-magic`, `bad-header`, `truncated`, `bad-length`
 */
export function readSegmentPatches(start: Uint8Array, fileBytes: number): SegmentPatch[] {
  if (!isSegmentPatches(start)) {
    throw new DeltaError("bad-magic", "not the patches of several segments: it does not begin with HSP1");
  }
  const count = start[COUNT_AT] ?? 0;
  demandCount(count);
  let offset = ENTRIES_AT + count * ENTRY_BYTES;
  if (start.length < offset) {
    throw new DeltaError(
      "truncated",
      `the index of ${count} patches has ${offset} bytes, the file ${start.length}`,
    );
  }
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const patches = Array.from({ length: count }, (_, i) => {
    const at = ENTRIES_AT + i * ENTRY_BYTES;
    const length = view.getUint32(at + 4);
    const sha256 = Buffer.from(start.subarray(at + 8, at + ENTRY_BYTES)).toString("hex");
    const patch = { address: view.getUint32(at), offset, length, sha256 };
    offset += length;
    return patch;
  });
  if (offset !== fileBytes) {
    throw new DeltaError("bad-length", `index and patches have ${offset} bytes, the file ${fileBytes}`);
  }
  return patches;
}

function demandCount(count: number): void {
  if (count > 0 && count <= MAX_SEGMENTS) return;
  throw new DeltaError(
    "bad-header",
    `patches for ${count} segments; a file holds those of 1 to ${MAX_SEGMENTS}`,
  );
}
