import { bankOffset, type MemoryRange } from "./memory-map.ts";

/** A patch as checkBase was told it, once the ECU has found its base in the active bank. Digests as hex. */
export interface AgreedPatch {
  readonly baseSha256: string;
  readonly patchSha256: string;
  readonly patchBytes: number;
}

/** A download of a patch that runs, or was cut off; the range is that of its result. */
export type OpenPatch = MemoryRange & {
  /** Bytes of the patch that are applied for good. */
  readonly patchOffset: number;
  /** The decoder after these bytes, base64; none at the start. */
  readonly snapshot?: string;
};

/** What has come into the inactive bank since it was erased; kept over power cuts. */
export interface TransferLog {
  /** Downloads that were ended with 37, in the order in which they came. */
  readonly finished: readonly MemoryRange[];
  /** The download that runs, or was cut off; its first `done` bytes are safely in flash. */
  readonly open?: MemoryRange & { readonly done: number };
  /** The patch whose base is in the active bank. */
  readonly agreed?: AgreedPatch;
  /** The download of that patch; never beside `open`. */
  readonly openPatch?: OpenPatch;
  /** The patch that was ended last, where nothing came after it. */
  readonly made?: AgreedPatch;
}

export const emptyLog: TransferLog = { finished: [] };

export const openDownload = (log: TransferLog, range: MemoryRange): TransferLog => ({
  finished: log.finished,
  open: { address: range.address, length: range.length, done: 0 },
});

export const checkpoint = (log: TransferLog, done: number): TransferLog =>
  log.open === undefined ? log : { ...log, open: { ...log.open, done } };

/** The download is complete, and nothing is open any more. */
export const closeDownload = (log: TransferLog): TransferLog =>
  log.open === undefined
    ? log
    : { finished: [...log.finished, { address: log.open.address, length: log.open.length }] };

/**
 * The stretches that are safely in flash, in the order of the image file: what an interrupted update can go on
 * after. Empty where it has to begin anew with erasing: segments came in another order than by address, or what was
 * cut off shares its first sector with a segment before it, which cannot be erased again alone, or a patch was cut
 * off, which plain bytes cannot go on with.
 */
export function safeStretches(
  log: TransferLog,
  regions: readonly MemoryRange[],
  sectorBytes: number,
): readonly MemoryRange[] {
  const { finished, open, openPatch } = log;
  if (openPatch !== undefined) return [];
  const all = open === undefined ? finished : [...finished, open];
  const ascends = all.every((range, i) => i === 0 || all[i - 1]!.address < range.address);
  if (!ascends) return [];
  if (open === undefined) return finished;
  if (open.done > 0) return [...finished, { address: open.address, length: open.done }];
  const sectorOf = (address: number): number =>
    Math.floor((bankOffset(regions, { address, length: 1 }) ?? 0) / sectorBytes);
  const last = finished.at(-1);
  const shared = last !== undefined && sectorOf(last.address + last.length - 1) === sectorOf(open.address);
  return shared ? [] : finished;
}

/** Whether a request for download goes on exactly where the one that was cut off has to. */
export function resumes(log: TransferLog, request: MemoryRange): boolean {
  const { open } = log;
  return (
    open !== undefined &&
    request.address === open.address + open.done &&
    request.length === open.length - open.done
  );
}
