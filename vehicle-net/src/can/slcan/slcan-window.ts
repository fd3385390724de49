import type { CanError } from "../bus.ts";

/** A frame that waits for its turn, or is on its way. */
export interface SlcanTransmission {
  readonly line: string;
  /** Time on the wire, ms. */
  readonly frameMs: number;
  readonly resolve: (atMs: number) => void;
  readonly reject: (error: CanError) => void;
}

/**
 * Frames on their way through an adapter: few enough in flight that it never has to drop one. What an adapter never says
 * is never told to its window.
 */
export interface SlcanWindow {
  push(transmission: SlcanTransmission): void;
  /** A frame of another node was on the bus. */
  occupied(frameMs: number): void;
  /** The adapter has taken over the oldest frame that it has not answered yet, or refuses it. */
  answered(isRefused: boolean): void;
  /** The frame with this marker has left. */
  echoed(marker: number): void;
  /** The adapter has answered the question that went out behind the frames. */
  probed(): void;
  /** Rejects everything, yet goes on counting what the adapter says of it. */
  fail(error: CanError): void;
  /** Rejects everything for good: the adapter says nothing more. */
  abandon(error: CanError): void;
}

/** N_As of ISO 15765-2: later than that nobody waits for a frame any more. */
export const DEPARTURE_TIMEOUT_MS = 1000;
