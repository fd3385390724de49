/** A stretch of memory by link address; bytes. */
export interface MemoryRange {
  readonly address: number;
  readonly length: number;
}

/** Bytes of a bank: the flashed regions one after another. */
export const bankBytes = (regions: readonly MemoryRange[]): number =>
  regions.reduce((sum, region) => sum + region.length, 0);

/** Where a stretch lies in a bank; undefined where it is not wholly inside one of the flashed regions. */
export function bankOffset(regions: readonly MemoryRange[], range: MemoryRange): number | undefined {
  let base = 0;
  for (const region of regions) {
    const offset = range.address - region.address;
    if (offset >= 0 && offset + range.length <= region.length) return base + offset;
    base += region.length;
  }
  return undefined;
}

/** The same memory in as few stretches as possible, by address. */
export function joined(ranges: readonly MemoryRange[]): MemoryRange[] {
  const result: MemoryRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.address - b.address)) {
    const last = result.at(-1);
    if (last !== undefined && last.address + last.length === range.address) {
      result[result.length - 1] = { address: last.address, length: last.length + range.length };
    } else result.push({ address: range.address, length: range.length });
  }
  return result;
}

/** Whether two lists cover exactly the same memory, however it is cut. */
export function isSameMemory(a: readonly MemoryRange[], b: readonly MemoryRange[]): boolean {
  const [left, right] = [joined(a), joined(b)];
  return (
    left.length === right.length &&
    left.every((range, i) => range.address === right[i]!.address && range.length === right[i]!.length)
  );
}
