import {
  arbitrationKey,
  type BusCapabilities,
  type CanBus,
  type CanFrame,
  type ReceivedFrame,
} from "@halfshaft/vehicle-net/can";
import type { Clock } from "@halfshaft/vehicle-net/clock";

/** Identifiers of a conversation with one ECU. */
export interface Conversation {
  /** Gateway to ECU. */
  readonly requestId: number;
  /** ECU to gateway. */
  readonly responseId: number;
  /** 29-bit identifiers. */
  readonly extended?: boolean;
}

/** How long frames follow each other without a gap: far below N_Bs (1000 ms) and P2 with its margin. */
const RUN_MS = 20;
/** Frames handed to the driver ahead: enough for a gapless bus, few enough to run dry soon. */
const WINDOW = 32;
/** The longest classic frame with its interframe space: 29-bit identifier, 8 bytes, all stuff bits. */
const LONGEST_FRAME_BITS = 160;
/** A gap where the bit rate is not known. */
const DEFAULT_GAP_MS = 0.5;
/** Others may fill a gap; so long it lasts at most. */
const LONGEST_GAP_MS = 5;

interface Waiting {
  readonly frame: CanFrame;
  readonly resolve: (atMs: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One bus for several conversations side by side. Where an answer of one ECU has a higher identifier than requests to
 * another (7E8 beside 7E1), a gapless stream of requests would win every arbitration against it until its time-out:
 * the gateway then pauses now and again for as long as a frame takes, and answers that wait get their turn. Where all
 * answers have lower identifiers, and with one conversation alone, frames pass as they come.
 */
export class SharedBus implements CanBus {
  readonly #bus: CanBus;
  readonly #clock: Clock;
  readonly #conversations = new Set<Conversation>();
  readonly #waiting: Waiting[] = [];
  #leavesGaps = false;
  #inFlight = 0;
  /** Since when frames have followed each other. */
  #runStartMs = 0;
  #idleSinceMs = -Infinity;
  /** Nothing is handed over: what is in flight leaves, then the gap lasts until `endMs`, `limitMs` at most. */
  #gap: { endMs: number; limitMs: number } | undefined;

  constructor(bus: CanBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
    bus.subscribe((frame) => this.#received(frame));
  }

  get capabilities(): BusCapabilities {
    return this.#bus.capabilities;
  }

  /** A conversation begins; the function returned ends it. */
  join(conversation: Conversation): () => void {
    const own = { ...conversation };
    this.#conversations.add(own);
    this.#leavesGaps = needGaps([...this.#conversations]);
    return () => {
      this.#conversations.delete(own);
      this.#leavesGaps = needGaps([...this.#conversations]);
      this.#release();
    };
  }

  send(frame: CanFrame): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.push({ frame, resolve, reject });
    this.#release();
    return promise;
  }

  subscribe(listener: (frame: ReceivedFrame) => void): () => void {
    return this.#bus.subscribe(listener);
  }

  async close(): Promise<void> {
    await this.#bus.close();
    // The closed bus refuses what still waits.
    for (const waiting of this.#waiting.splice(0)) void this.#hand(waiting);
  }

  get #gapMs(): number {
    const { bitrate } = this.capabilities;
    return bitrate === undefined ? DEFAULT_GAP_MS : (LONGEST_FRAME_BITS * 1000) / bitrate;
  }

  #release(): void {
    while (this.#waiting.length > 0 && this.#mayRelease()) void this.#hand(this.#waiting.shift()!);
  }

  #mayRelease(): boolean {
    if (this.#gap !== undefined) return false;
    if (!this.#leavesGaps) return true;
    const nowMs = this.#clock.now();
    if (this.#inFlight === 0 && nowMs - this.#idleSinceMs >= this.#gapMs) this.#runStartMs = nowMs;
    if (nowMs - this.#runStartMs < RUN_MS) return this.#inFlight < WINDOW;
    this.#gap = { endMs: Infinity, limitMs: Infinity };
    if (this.#inFlight === 0) this.#beginGap(this.#gap, this.#idleSinceMs);
    return false;
  }

  async #hand({ frame, resolve, reject }: Waiting): Promise<void> {
    this.#inFlight += 1;
    try {
      const departedMs = await this.#bus.send(frame);
      this.#departed(departedMs);
      resolve(departedMs);
    } catch (error) {
      this.#departed(this.#clock.now());
      reject(error);
    }
  }

  #departed(atMs: number): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) {
      this.#idleSinceMs = atMs;
      if (this.#gap !== undefined) this.#beginGap(this.#gap, atMs);
    }
    this.#release();
  }

  #beginGap(gap: { endMs: number; limitMs: number }, atMs: number): void {
    gap.endMs = atMs + this.#gapMs;
    gap.limitMs = atMs + LONGEST_GAP_MS;
    this.#awaitEnd(gap);
  }

  /** After an answer in the gap the next one has its chance too. */
  #received({ atMs }: ReceivedFrame): void {
    const gap = this.#gap;
    if (gap !== undefined) gap.endMs = Math.min(atMs + this.#gapMs, gap.limitMs);
  }

  #awaitEnd(gap: { endMs: number }): void {
    this.#clock.at(gap.endMs, () => {
      if (this.#clock.now() < gap.endMs) {
        this.#awaitEnd(gap);
        return;
      }
      this.#gap = undefined;
      this.#runStartMs = this.#clock.now();
      this.#release();
    });
  }
}

/** Whether some ECU's answer loses arbitration against requests to another. */
function needGaps(conversations: readonly Conversation[]): boolean {
  const key = (id: number, { extended = false }: Conversation): number => arbitrationKey({ id, extended });
  return conversations.some((asked) =>
    conversations.some(
      (other) => other !== asked && key(asked.responseId, asked) > key(other.requestId, other),
    ),
  );
}
