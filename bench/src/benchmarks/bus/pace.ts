import { type BitRates, type CandumpEntry, frameTimeMs, INTERMISSION_BITS } from "@halfshaft/vehicle-net/can";

/** Time stamps since 1970 are whole microseconds after some rounding: each end of a window may be two off. */
const ROUNDING_MS = 0.004;

/**
 * The highest share of the bit rate that frames took in any stretch of `windowMs`, from a capture with the times at
 * which frames ended. A real bus cannot exceed 1; a hub that hands frames on too fast would.
 */
export function highestLoad(entries: readonly CandumpEntry[], rates: BitRates, windowMs: number): number {
  const intermissionMs = (INTERMISSION_BITS * 1000) / rates.bitrate;
  const frames = entries.map(({ atMs, frame }) => {
    const timeMs = frameTimeMs(frame, rates);
    return { startMs: atMs + intermissionMs - timeMs, endMs: atMs + intermissionMs, timeMs };
  });
  let highestMs = 0;
  let sumMs = 0;
  let first = 0;
  for (const frame of frames) {
    sumMs += frame.timeMs;
    // Only frames that lie in the window as a whole count: at its edges others are cut.
    while (frame.endMs - frames[first]!.startMs > windowMs + ROUNDING_MS) sumMs -= frames[first++]!.timeMs;
    highestMs = Math.max(highestMs, sumMs);
  }
  // Adding and taking away thousands of frames leaves an error far below a bit.
  return Number((highestMs / (windowMs + ROUNDING_MS)).toFixed(9));
}
