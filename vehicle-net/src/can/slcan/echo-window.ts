import type { Clock, Timer } from "../../clock/clock.ts";
import type { CanError } from "../bus.ts";
import { DEPARTURE_TIMEOUT_MS, type SlcanTransmission, type SlcanWindow } from "./slcan-window.ts";

export interface EchoWindowOptions {
  readonly clock: Clock;
  readonly inFlight: number;
  readonly write: (text: string) => void;
  /** Why a frame was refused, or has not left. */
  readonly refusal: () => CanError;
  readonly notAcknowledged: () => CanError;
}

interface InFlight {
  readonly transmission: SlcanTransmission;
  readonly marker: number;
  isAnswered: boolean;
  /** Given up: the adapter still has it, but nobody waits for it. */
  isSettled: boolean;
}

const MARKERS = 256;

/** For adapters that say when each frame has left: every line ends in a marker, which comes back with the frame's departure. */
export class EchoWindow implements SlcanWindow {
  readonly #options: EchoWindowOptions;
  readonly #waiting: SlcanTransmission[] = [];
  #inFlight: InFlight[] = [];
  #nextMarker = 0;
  #progressMs = 0;
  #watch: Timer | undefined;

  constructor(options: EchoWindowOptions) {
    this.#options = options;
  }

  push(transmission: SlcanTransmission): void {
    if (this.#inFlight.length === 0) this.#progressMs = this.#options.clock.now();
    this.#waiting.push(transmission);
    this.#fill();
  }

  occupied(): void {
    // Others may hold up our frames: their echoes come later.
  }

  probed(): void {
    // Nothing is asked: every frame is answered, and comes back.
  }

  answered(isRefused: boolean): void {
    const frame = this.#inFlight.find(({ isAnswered }) => !isAnswered);
    if (frame === undefined) return;
    frame.isAnswered = true;
    if (!isRefused) return;
    if (!frame.isSettled) frame.transmission.reject(this.#options.refusal());
    this.#inFlight = this.#inFlight.filter((other) => other !== frame);
    this.#fill();
  }

  /** Frames leave in order: those before it will never leave. */
  echoed(marker: number): void {
    const left = this.#inFlight.findIndex((frame) => frame.marker === marker);
    const gone = this.#inFlight.splice(0, left + 1);
    const departed = gone.pop();
    if (departed === undefined) return;
    const nowMs = this.#options.clock.now();
    this.#progressMs = nowMs;
    for (const { transmission, isSettled } of gone) {
      if (!isSettled) transmission.reject(this.#options.notAcknowledged());
    }
    if (!departed.isSettled) departed.transmission.resolve(nowMs);
    this.#fill();
  }

  fail(error: CanError): void {
    for (const frame of this.#inFlight) {
      if (!frame.isSettled) frame.transmission.reject(error);
      frame.isSettled = true;
    }
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  abandon(error: CanError): void {
    this.#watch?.cancel();
    this.#watch = undefined;
    this.fail(error);
    this.#inFlight = [];
  }

  #fill(): void {
    while (this.#inFlight.length < this.#options.inFlight) {
      const transmission = this.#waiting.shift();
      if (transmission === undefined) break;
      const marker = this.#nextMarker;
      this.#nextMarker = (marker + 1) % MARKERS;
      this.#inFlight.push({ transmission, marker, isAnswered: false, isSettled: false });
      const suffix = marker.toString(16).toUpperCase().padStart(2, "0");
      this.#options.write(`${transmission.line.slice(0, -1)}${suffix}\r`);
    }
    if (this.#isIdle() || this.#watch !== undefined) return;
    this.#watch = this.#options.clock.after(DEPARTURE_TIMEOUT_MS, () => this.#look());
  }

  #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#inFlight.every(({ isSettled }) => isSettled);
  }

  #look(): void {
    this.#watch = undefined;
    if (this.#isIdle()) return;
    const dueMs = this.#progressMs + DEPARTURE_TIMEOUT_MS;
    const { clock } = this.#options;
    if (clock.now() < dueMs) this.#watch = clock.at(dueMs, () => this.#look());
    else this.fail(this.#options.notAcknowledged());
  }
}
