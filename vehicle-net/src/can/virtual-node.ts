import { arbitrationKey } from "./arbitration.ts";
import { frameBits, type FrameBits } from "./bit-timing.ts";
import { CanError, type BusCapabilities, type CanBus } from "./bus.ts";
import { checkFrame } from "./frame-length.ts";
import type { CanFrame, ReceivedFrame } from "./frame.ts";

/** Told once how a frame ended: the clock's time at its end in ms, or why it was not sent. */
export type Departure = (atMs: number, error?: CanError) => void;

/** A frame in a node's transmit queue. */
export interface Transmission {
  readonly frame: CanFrame;
  readonly priority: number;
  readonly bits: FrameBits;
  readonly departed: Departure;
  /** When it may take part in arbitration, ms. */
  readyMs: number;
  attempts: number;
  /** Since when nobody has acknowledged it, ms. */
  unacknowledgedSinceMs: number | undefined;
}

/** What a node needs of its bus. */
export interface NodeHost {
  readonly capabilities: BusCapabilities;
  nowMs(): number;
  /** A node has a frame at the head of its queue that was not there before. */
  queued(): void;
  detach(node: VirtualNode): void;
}

export interface NodeOptions {
  /** Receives, but neither sends nor acknowledges. */
  readonly listenOnly?: boolean;
}

/** Transmit error counter at which a controller leaves the bus (ISO 11898-1:2015 12.1.4.4). */
const BUS_OFF_COUNT = 256;
const ERROR_PASSIVE_COUNT = 128;

/** One controller on a virtual bus, with a transmit queue in order of submission. */
export class VirtualNode implements CanBus {
  readonly name: string;
  readonly listenOnly: boolean;
  readonly #host: NodeHost;
  readonly #queue: Transmission[] = [];
  readonly #listeners = new Set<{ readonly receive: (frame: ReceivedFrame) => void }>();
  #transmitErrorCount = 0;
  #closed = false;

  constructor(host: NodeHost, name: string, options: NodeOptions = {}) {
    this.#host = host;
    this.name = name;
    this.listenOnly = options.listenOnly === true;
  }

  get capabilities(): BusCapabilities {
    return this.#host.capabilities;
  }

  /** The frame that takes part in arbitration next. */
  get head(): Transmission | undefined {
    return this.#queue[0];
  }

  /** Frames that have not left. */
  get queueLength(): number {
    return this.#queue.length;
  }

  get isBusOff(): boolean {
    return this.#transmitErrorCount >= BUS_OFF_COUNT;
  }

  async send(frame: CanFrame): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.transmit(frame, (atMs, error) => (error === undefined ? resolve(atMs) : reject(error)));
    return promise;
  }

  /**
   * Like `send`, yet tells the end of the frame in bus order with what the node receives, not a promise later.
   * @throws {CanError} where the frame cannot be queued; `departed` is then never called.
   */
  transmit(frame: CanFrame, departed: Departure): void {
    this.#check(frame);
    const { id, extended = false, fd = false, brs = false, esi = false } = frame;
    // The sender may use its buffer again at once.
    const own: CanFrame = { id, extended, data: frame.data.slice(), fd, brs, esi };
    this.#queue.push({
      frame: own,
      priority: arbitrationKey(own),
      bits: frameBits(own),
      departed,
      readyMs: this.#host.nowMs(),
      attempts: 0,
      unacknowledgedSinceMs: undefined,
    });
    if (this.#queue.length === 1) this.#host.queued();
  }

  subscribe(listener: (frame: ReceivedFrame) => void): () => void {
    const subscription = { receive: listener };
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#host.detach(this);
    this.#rejectAll(this.#closedError());
  }

  /** Called by the bus: hands a frame to whoever listens. */
  deliver(frame: ReceivedFrame): void {
    for (const { receive } of this.#listeners) receive(frame);
  }

  /** Called by the bus: the head was sent to its end, or is given up. */
  finishHead(atMs: number, error?: CanError): void {
    const finished = this.#queue.shift();
    if (error === undefined) this.#transmitErrorCount = Math.max(0, this.#transmitErrorCount - 1);
    finished?.departed(atMs, error);
  }

  /** Called by the bus: an error frame ended the head, which is to be sent again. */
  countTransmitError(kind: "bit" | "acknowledge"): void {
    // Without acknowledgement an error-passive controller counts no further (ISO 11898-1:2015 12.1.4.2, exception 1):
    // a lone node never goes bus-off.
    if (kind === "acknowledge" && this.#transmitErrorCount >= ERROR_PASSIVE_COUNT) return;
    this.#transmitErrorCount += 8;
    if (this.isBusOff) this.#rejectAll(this.#busOffError());
  }

  #check(frame: CanFrame): void {
    if (this.#closed) throw this.#closedError();
    if (this.isBusOff) throw this.#busOffError();
    checkFrame(frame);
    if (frame.fd === true && !this.capabilities.fd) {
      throw new CanError("frame-not-supported", `"${this.name}" is on a classic CAN bus: no FD frames.`, {
        help: "Give the bus a data bit rate, or send classic frames.",
      });
    }
    if (this.listenOnly) {
      throw new CanError("frame-not-supported", `"${this.name}" only listens and cannot send.`);
    }
  }

  #rejectAll(error: CanError): void {
    for (const { departed } of this.#queue.splice(0)) departed(this.#host.nowMs(), error);
  }

  #closedError(): CanError {
    return new CanError("closed", `The node "${this.name}" has left the bus.`);
  }

  #busOffError(): CanError {
    return new CanError(
      "bus-off",
      `The node "${this.name}" is bus-off: error frames ended too many of its attempts.`,
      { help: "Find what destroys its frames (wiring, termination, bit rate), then close and open it anew." },
    );
  }
}
