import type { Clock } from "../../clock/clock.ts";
import type { CanError } from "../bus.ts";
import { DEPARTURE_TIMEOUT_MS, type SlcanTransmission, type SlcanWindow } from "./slcan-window.ts";
import { WakeUp } from "./wake-up.ts";

/** How much slower than named the bus is taken to be: RC oscillators are 1 % off, and a queue never forgets. */
const PACE = 1.02;
/** How late a frame is assumed to arrive in an adapter that says nothing at all. */
const BLIND_TRANSFER_MS = 2;
/** A question whose answer is lost, in an adapter that has too much to say, is asked again after this. */
const PROBE_AGAIN_MS = 200;
const BITS_PER_CHARACTER = 10;

export interface PacedWindowOptions {
  readonly clock: Clock;
  readonly inFlight: number;
  /** Frames that the adapter queues. */
  readonly fifo: number;
  /** Whether the adapter answers each frame; if not, an answered question shows that the frames before it have arrived. */
  readonly answers: boolean;
  /** Whether there is such a question. */
  readonly probes: boolean;
  /** Speed of the UART on the way, in baud; left out: none. */
  readonly uartBaud?: number;
  readonly write: (text: string) => void;
  /** Asks something that is answered in the order of all lines. */
  readonly probe: () => void;
  /** Told of an adapter that has not answered for a second. */
  readonly onSilence: () => void;
  /** Why a frame was refused for good. */
  readonly refusal: () => CanError;
}

interface InFlight {
  readonly transmission: SlcanTransmission;
  readonly writtenMs: number;
  /** The earliest at which it can leave. */
  departsMs: number;
  /** The latest at which it has left; unknown until it is in the adapter. */
  releaseMs: number | undefined;
  isRefused: boolean;
  isSettled: boolean;
}

/** A question that went out behind some frames. */
interface Probe {
  readonly sentMs: number;
  /** The youngest frame in front of it. */
  readonly behind: InFlight | undefined;
}

/**
 * For adapters that do not say when a frame leaves, and drop what does not fit into their queue. A frame's departure is
 * computed from the bit rate, twice: the earliest possible is what the sender is told, and only after the latest possible
 * another one is written in its place. Frames of other nodes count, since they hold up ours.
 */
export class PacedWindow implements SlcanWindow {
  readonly #options: PacedWindowOptions;
  readonly #wakeUp: WakeUp;
  readonly #waiting: SlcanTransmission[] = [];
  readonly #inFlight: InFlight[] = [];
  /** The bus as the first frame sees it, and as the last can: see `departsMs`, `releaseMs`. */
  #earliestFreeMs = -Infinity;
  #latestFreeMs = -Infinity;
  #uartFreeMs = -Infinity;
  /**
   * Questions not answered yet. All have the same answer, which is taken as that to the oldest: late is not lost, and
   * where one was lost, the rest say a little less than they could.
   */
  #probes: Probe[] = [];
  /** Questions that may be lost: so many stay unanswered. */
  #mayBeLost = 0;
  /** When the first question was asked since the last answer. */
  #unheardSinceMs: number | undefined;
  /** When the last question was sent that has been answered: up to then the adapter has told all that it had heard. */
  #heardUntilMs = -Infinity;
  #refusedSinceMs: number | undefined;
  /** Nothing is written before, after a refusal. */
  #heldUntilMs = -Infinity;

  constructor(options: PacedWindowOptions) {
    this.#options = options;
    this.#wakeUp = new WakeUp(options.clock, () => this.#work());
  }

  push(transmission: SlcanTransmission): void {
    this.#waiting.push(transmission);
    this.#work();
  }

  occupied(frameMs: number): void {
    const nowMs = this.#options.clock.now();
    // Told late, it may have been there before a frame that by our clock has left since.
    const knownMs = this.#options.probes ? this.#heardUntilMs : nowMs;
    if (this.#earliestFreeMs > nowMs) this.#earliestFreeMs += frameMs;
    if (this.#latestFreeMs > knownMs) this.#latestFreeMs += frameMs;
    for (const frame of this.#inFlight) {
      if (frame.departsMs > nowMs) frame.departsMs += frameMs;
      if (frame.releaseMs !== undefined && frame.releaseMs > knownMs) frame.releaseMs += frameMs;
    }
  }

  answered(isRefused: boolean): void {
    const frame = this.#inFlight.find((each) => this.#isAwaited(each));
    if (frame === undefined) return;
    const nowMs = this.#options.clock.now();
    if (isRefused) {
      frame.isRefused = true;
    } else {
      this.#refusedSinceMs = undefined;
      this.#arrived(frame, nowMs);
    }
    this.#work();
  }

  echoed(): void {
    // An adapter that says so has a window of another kind.
  }

  probed(): void {
    const probe = this.#probes.shift();
    if (probe === undefined) return;
    this.#unheardSinceMs = undefined;
    const nowMs = this.#options.clock.now();
    this.#heardUntilMs = probe.sentMs;
    const isNews = !this.#options.answers && probe.behind !== undefined;
    const count = isNews ? this.#inFlight.indexOf(probe.behind) + 1 : 0;
    for (const frame of this.#inFlight.slice(0, count)) {
      if (frame.releaseMs === undefined) this.#arrived(frame, nowMs);
    }
    this.#work();
  }

  fail(error: CanError): void {
    for (const frame of this.#inFlight) {
      if (!frame.isSettled) frame.transmission.reject(error);
      frame.isSettled = true;
    }
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  abandon(error: CanError): void {
    this.fail(error);
    this.#inFlight.length = 0;
    this.#probes = [];
    this.#wakeUp.move(Infinity);
  }

  #isAwaited({ releaseMs, isRefused }: InFlight): boolean {
    return releaseMs === undefined && !isRefused;
  }

  #arrived(frame: InFlight, atMs: number): void {
    this.#latestFreeMs = Math.max(this.#latestFreeMs, atMs) + frame.transmission.frameMs * PACE;
    frame.releaseMs = this.#latestFreeMs;
  }

  #work(): void {
    const nowMs = this.#options.clock.now();
    if (nowMs >= this.#silentMs()) {
      this.#options.onSilence();
      return;
    }
    this.#settle(nowMs);
    this.#takeBackRefused(nowMs);
    while (this.#inFlight[0] !== undefined && nowMs >= this.#goneMs(this.#inFlight[0]))
      this.#inFlight.shift();
    this.#fill(nowMs);
    this.#ask(nowMs);
    this.#wakeUp.move(this.#nextMs(nowMs));
  }

  /** When the adapter counts as silent, if it says nothing until then. */
  #silentMs(): number {
    const sinceMs = this.#inFlight.find((frame) => this.#isAwaited(frame))?.writtenMs ?? Infinity;
    return Math.min(sinceMs, this.#unheardSinceMs ?? Infinity) + DEPARTURE_TIMEOUT_MS;
  }

  /** In order: a frame never settles before one that was written earlier. */
  #settle(nowMs: number): void {
    for (const frame of this.#inFlight) {
      if (frame.isSettled) continue;
      if (nowMs < this.#settleMs(frame)) break;
      frame.isSettled = true;
      frame.transmission.resolve(frame.departsMs);
    }
  }

  /** An answer may refuse the frame: until then it has not left. */
  #settleMs(frame: InFlight): number {
    const isOpen = this.#options.answers && frame.releaseMs === undefined;
    return isOpen ? Infinity : frame.departsMs;
  }

  /**
   * From when on its place in the adapter is free. What was heard of the bus since the last answer may still be on its
   * way to us: that much may be wrong by no more frames than the queue has to spare.
   */
  #goneMs({ isSettled, releaseMs, transmission }: InFlight): number {
    if (!isSettled || releaseMs === undefined) return Infinity;
    const { probes, fifo, inFlight } = this.#options;
    if (!probes) return releaseMs;
    return releaseMs <= this.#heardUntilMs + (fifo - inFlight) * transmission.frameMs ? releaseMs : Infinity;
  }

  /**
   * An adapter with a full queue refuses. What it refused goes in again, unless a later frame has overtaken it: the order
   * of frames matters more than this one.
   */
  #takeBackRefused(nowMs: number): void {
    const isDecided = this.#inFlight.every((frame) => !this.#isAwaited(frame));
    if (!isDecided || !this.#inFlight.some(({ isRefused }) => isRefused)) return;
    this.#refusedSinceMs ??= nowMs;
    if (nowMs - this.#refusedSinceMs >= DEPARTURE_TIMEOUT_MS) {
      this.#refusedSinceMs = undefined;
      this.fail(this.#options.refusal());
    }
    const lastAccepted = this.#inFlight.findLastIndex(({ isRefused }) => !isRefused);
    const again: SlcanTransmission[] = [];
    for (const [index, { transmission, isRefused, isSettled }] of this.#inFlight.entries()) {
      if (!isRefused || isSettled) continue;
      if (index < lastAccepted) transmission.reject(this.#options.refusal());
      else again.push(transmission);
    }
    const kept = this.#inFlight.filter(({ isRefused }) => !isRefused);
    this.#inFlight.splice(0, this.#inFlight.length, ...kept);
    this.#waiting.unshift(...again);
    // Its queue has room when one more of the frames in it has left.
    this.#heldUntilMs = nowMs + (again[0]?.frameMs ?? 0) * PACE;
  }

  #fill(nowMs: number): void {
    const { uartBaud, answers, probes, inFlight, write } = this.#options;
    while (nowMs >= this.#heldUntilMs && this.#inFlight.length < inFlight) {
      const transmission = this.#waiting.shift();
      if (transmission === undefined) return;
      const bits = transmission.line.length * BITS_PER_CHARACTER;
      this.#uartFreeMs =
        Math.max(this.#uartFreeMs, nowMs) + (uartBaud === undefined ? 0 : (bits * 1000) / uartBaud);
      this.#earliestFreeMs = Math.max(this.#earliestFreeMs, this.#uartFreeMs) + transmission.frameMs;
      const frame: InFlight = {
        transmission,
        writtenMs: nowMs,
        departsMs: this.#earliestFreeMs,
        releaseMs: undefined,
        isRefused: false,
        isSettled: false,
      };
      if (!answers && !probes) this.#arrived(frame, this.#uartFreeMs + BLIND_TRANSFER_MS);
      this.#inFlight.push(frame);
      write(transmission.line);
    }
  }

  /** One question at a time, for as long as anything is in flight. */
  #ask(nowMs: number): void {
    if (!this.#options.probes || this.#inFlight.length === 0) return;
    if (nowMs >= this.#askAgainMs()) this.#mayBeLost += 1;
    if (this.#probes.length > this.#mayBeLost) return;
    this.#unheardSinceMs ??= nowMs;
    this.#probes.push({ sentMs: nowMs, behind: this.#inFlight.at(-1) });
    this.#options.probe();
  }

  #askAgainMs(): number {
    const youngest = this.#probes.at(-1);
    const isAwaited = youngest !== undefined && this.#probes.length > this.#mayBeLost;
    return isAwaited ? youngest.sentMs + PROBE_AGAIN_MS : Infinity;
  }

  /** The next time at which anything can change by itself. */
  #nextMs(nowMs: number): number {
    const times: number[] = [];
    const unsettled = this.#inFlight.find(({ isSettled }) => !isSettled);
    if (unsettled !== undefined) times.push(this.#settleMs(unsettled));
    if (this.#inFlight[0] !== undefined) {
      times.push(this.#goneMs(this.#inFlight[0]), this.#silentMs());
    }
    times.push(this.#askAgainMs());
    if (this.#waiting.length > 0 && this.#heldUntilMs > nowMs) times.push(this.#heldUntilMs);
    return Math.min(...times.filter((each) => each > nowMs), Infinity);
  }
}
