import { CanError, type CanBus } from "../can/bus.ts";
import type { CanFrame, ReceivedFrame } from "../can/frame.ts";
import type { Clock } from "../clock/clock.ts";

/** What becomes of a frame that has left its sender. */
export type Fate =
  | "arrives"
  | "is lost"
  | "arrives twice"
  /**
   * The next consecutive frame of the same message overtakes it. CAN never does that to frames of one identifier; a
   * careless adapter may. Between messages ISO-TP could not notice it, so that is not played.
   */
  | "is overtaken"
  /** It never leaves: the sender's promise stays open. */
  | "stays"
  | "is refused";

/**
 * A bus for tests of one layer: frames leave in the order they were handed over, each takes `frameMs`, and `fate`
 * decides what the others see of them.
 */
export class TestWire {
  readonly frames: CanFrame[] = [];
  readonly #clock: Clock;
  readonly #frameMs: number;
  readonly #fate: (index: number, frame: CanFrame) => Fate;
  readonly #listeners = new Map<object, Set<(frame: ReceivedFrame) => void>>();
  readonly #overtaken = new Map<object, ReceivedFrame>();
  #freeAtMs = 0;

  constructor(
    clock: Clock,
    options: { frameMs?: number; fate?: (index: number, frame: CanFrame) => Fate } = {},
  ) {
    this.#clock = clock;
    this.#frameMs = options.frameMs ?? 0.25;
    this.#fate = options.fate ?? (() => "arrives");
  }

  attach(): CanBus {
    const node = {};
    const listeners = new Set<(frame: ReceivedFrame) => void>();
    this.#listeners.set(node, listeners);
    return {
      capabilities: { fd: true },
      send: (frame) => this.#send(node, frame),
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: async () => listeners.clear(),
    };
  }

  #send(node: object, frame: CanFrame): Promise<number> {
    const fate = this.#fate(this.frames.length, frame);
    this.frames.push(frame);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    if (fate === "stays") return promise;
    if (fate === "is refused") reject(new CanError("bus-off", "The controller is bus-off."));
    else {
      this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.now()) + this.#frameMs;
      this.#clock.at(this.#freeAtMs, () => {
        const atMs = this.#clock.now();
        resolve(atMs);
        this.#deliver(node, { ...frame, atMs }, fate);
      });
    }
    return promise;
  }

  #deliver(node: object, frame: ReceivedFrame, fate: Fate): void {
    const overtaken = this.#overtaken.get(node);
    this.#overtaken.delete(node);
    if (fate === "is overtaken" && isConsecutive(frame)) {
      this.#overtaken.set(node, frame);
      return;
    }
    const seen = fate === "is lost" ? [] : fate === "arrives twice" ? [frame, frame] : [frame];
    if (overtaken !== undefined && isConsecutive(frame)) seen.push({ ...overtaken, atMs: frame.atMs });
    for (const one of seen) {
      for (const [other, listeners] of this.#listeners) {
        if (other !== node) for (const listener of listeners) listener(one);
      }
    }
  }
}

function isConsecutive(frame: CanFrame): boolean {
  return (frame.data[0] ?? 0) >> 4 === 2;
}
