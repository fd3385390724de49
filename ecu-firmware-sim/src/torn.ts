export const ERASED = 0xff;

/**
 * What programming leaves when it is cut: a right beginning, one byte with only some of its zeros, the rest as
 * before. Programming clears bits and never sets one.
 */
export function halfProgrammed(before: Uint8Array, page: Uint8Array, share: number): Uint8Array {
  if (share >= 1) return page;
  const done = Math.floor(page.length * share);
  return page.map((byte, i) => before[i]! & (i < done ? byte : i === done ? byte | 0xa5 : ERASED));
}

/** What erasing leaves when it is cut: a part erased, in the rest some zeros gone already. */
export function halfErased(sector: Uint8Array, share: number): Uint8Array {
  const done = Math.floor(sector.length * Math.min(share, 1));
  return sector.map((byte, i) => (i < done ? ERASED : i % 3 === 0 ? byte | 0x5a : byte));
}
