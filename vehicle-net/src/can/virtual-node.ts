import { arbitrationKey } from "./arbitration.ts";
import { frameBits, type FrameBits } from "./bit-timing.ts";
import { CanError, type BusCapabilities, type CanBus } from "./bus.ts";
import { ErrorCounters, type ErrorState } from "./error-counters.ts";
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
  /** Calls back with the time at which the node may take part again, ms. Returns what ends the waiting. */
  awaitRecovery(back: (atMs: number) => void): () => void;
}

/** A controller has changed its error state. */
export interface ErrorStateChange {
  readonly state: ErrorState;
  /** The error counters of ISO 11898-1, 0 to 256. */
  readonly transmitErrors: number;
  readonly receiveErrors: number;
  /** The clock's time, ms. */
  readonly atMs: number;
}

export interface NodeOptions {
  /** Receives, but neither sends nor acknowledges. */
  readonly listenOnly?: boolean;
}

/** One controller on a virtual bus, with a transmit queue in order of submission. */
export class VirtualNode implements CanBus {
  readonly name: string;
  readonly listenOnly: boolean;
  readonly #host: NodeHost;
  readonly #queue: Transmission[] = [];
  readonly #listeners = new Set<{ readonly receive: (frame: ReceivedFrame) => void }>();
  readonly #stateListeners = new Set<{ readonly hear: (change: ErrorStateChange) => void }>();
  readonly #counters = new ErrorCounters();
  #state: ErrorState = "active";
  #recovery: { readonly back: Promise<void>; readonly cancel: (error: CanError) => void } | undefined;
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
    return this.errorState === "bus-off";
  }

  get errorState(): ErrorState {
    return this.#counters.state;
  }

  get errorCounters(): { readonly transmit: number; readonly receive: number } {
    const { transmit, receive } = this.#counters;
    return { transmit, receive };
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

  /** Told of every change of the error state. Returns the function that ends it. */
  onErrorState(listener: (change: ErrorStateChange) => void): () => void {
    const subscription = { hear: listener };
    this.#stateListeners.add(subscription);
    return () => this.#stateListeners.delete(subscription);
  }

  /**
   * Asks a bus-off controller to come back, which it never does by itself. Resolves when it has, after 128 times 11
   * recessive bits; at once where it is not bus-off.
   * @throws {CanError} `closed`
   */
  async recover(): Promise<void> {
    if (this.#closed) throw this.#closedError();
    if (!this.isBusOff) return;
    if (this.#recovery === undefined) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const stop = this.#host.awaitRecovery((atMs) => {
        this.#recovery = undefined;
        this.#counters.reset();
        this.#tellState(atMs);
        resolve();
      });
      const cancel = (error: CanError): void => {
        stop();
        reject(error);
      };
      this.#recovery = { back: promise, cancel };
    }
    return this.#recovery.back;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#stateListeners.clear();
    this.#recovery?.cancel(this.#closedError());
    this.#host.detach(this);
    this.#rejectAll(this.#closedError());
  }

  /** Called by the bus: hands a frame to whoever listens. */
  deliver(frame: ReceivedFrame): void {
    this.#counters.received();
    this.#tellState(frame.atMs);
    for (const { receive } of this.#listeners) receive(frame);
  }

  /** Called by the bus: the head was sent to its end, or is given up. */
  finishHead(atMs: number, error?: CanError): void {
    const finished = this.#queue.shift();
    if (error === undefined) this.#counters.transmitted();
    this.#tellState(atMs);
    finished?.departed(atMs, error);
  }

  /** Called by the bus: an error frame ended the head, which is to be sent again. */
  countTransmitError(kind: "bit" | "acknowledge", atMs: number): void {
    this.#counters.transmitFailed(kind);
    this.#tellState(atMs);
    if (this.isBusOff) this.#rejectAll(this.#busOffError());
  }

  /** Called by the bus: an error frame ended another's frame. */
  countReceiveError(atMs: number): void {
    this.#counters.receiveFailed();
    this.#tellState(atMs);
  }

  #tellState(atMs: number): void {
    const { state, transmit, receive } = this.#counters;
    if (state === this.#state) return;
    this.#state = state;
    for (const { hear } of this.#stateListeners) {
      hear({ state, transmitErrors: transmit, receiveErrors: receive, atMs });
    }
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
      {
        help: "Find what destroys its frames (wiring, termination, bit rate), then let it recover, or close and open it anew.",
      },
    );
  }
}
