/** What has happened on a bus since it was made. */
export interface BusStatistics {
  /** The clock's time of this reading, ms. */
  readonly atMs: number;
  /** Frames that were sent to their end. */
  readonly frames: number;
  /** Payload bytes in those frames. */
  readonly bytes: number;
  /** Attempts that ended in an error frame. */
  readonly errorFrames: number;
  /** Time in which the bus was occupied by frames, error frames and their interframe spaces. */
  readonly busyMs: number;
  /** Frames that wait in the transmit queues of all nodes now. */
  readonly queued: number;
}

/** Bus load between two readings: 0 idle, 1 gapless. A frame counts in full when it ends. */
export function busLoad(earlier: BusStatistics, later: BusStatistics): number {
  const durationMs = later.atMs - earlier.atMs;
  return durationMs > 0 ? (later.busyMs - earlier.busyMs) / durationMs : 0;
}
