import type { CanBus } from "../can/bus.ts";
import type { CanFrame, ReceivedFrame } from "../can/frame.ts";
import type { Clock } from "../clock/clock.ts";
import {
  describeAddress,
  functionalAddresses,
  isAddressedTo,
  physicalAddresses,
  type WireAddresses,
} from "./addressing.ts";
import { Deadline } from "./deadline.ts";
import type { Effect, FrameRole, TimerName } from "./effect.ts";
import { IsoTpError } from "./error.ts";
import {
  frameFormat,
  sessionParameters,
  type FunctionalOptions,
  type IsoTpOptions,
  type SessionParameters,
} from "./options.ts";
import { IsoTpSession } from "./session.ts";
import type { MessageReceiver, MessageTransport } from "./transport.ts";

/**
 * Whole messages between two ends over one CAN bus. Full duplex; messages given to `send` go out in order. A resolved
 * `send` means that the last frame has left, not that the message arrived: ISO-TP acknowledges nothing after the last
 * flow control, and has no checksum. A receiver notices lost frames by the sequence number, or, where exactly sixteen
 * in a row are missing, by the length that is never reached.
 */
export interface IsoTpChannel extends MessageTransport {
  /** Answers the sender with FC.WAIT instead of CTS until `resumeReception`, at most `wftMax` times in a row. */
  holdReception(): void;
  resumeReception(): void;
}

/**
 * Opens a channel with a physical (1 to 1) address on `bus`. Closing the channel leaves the bus open.
 * @throws {IsoTpOptionError} naming the option that cannot be.
 */
export function openIsoTpChannel(bus: CanBus, clock: Clock, options: IsoTpOptions): IsoTpChannel {
  const addresses = physicalAddresses(options.addressing);
  const link = `${describeAddress(addresses.tx)} → ${describeAddress(addresses.rx)}`;
  const { addressByte } = addresses.tx;
  const parameters = sessionParameters(options, { link, addressByte, singleFramesOnly: false });
  return new Channel(bus, clock, addresses, frameFormat(options, bus.capabilities), parameters);
}

/**
 * Opens a functional (1 to n) address: a tester sends to it, an ECU listens to it. Single frames only
 * (ISO 15765-2:2016 9.2); a longer message is refused with MESSAGE_LENGTH, longer ones received are ignored.
 * @throws {IsoTpOptionError} naming the option that cannot be.
 */
export function openFunctionalChannel(
  bus: CanBus,
  clock: Clock,
  options: FunctionalOptions,
): MessageTransport {
  const addresses = functionalAddresses(options.addressing);
  const link = `functional ${describeAddress(addresses.tx)}`;
  const { addressByte } = addresses.tx;
  const parameters = sessionParameters(options, { link, addressByte, singleFramesOnly: true });
  return new Channel(bus, clock, addresses, frameFormat(options, bus.capabilities), parameters);
}

interface PendingSend {
  resolve(atMs: number): void;
  reject(error: IsoTpError): void;
}

class Channel implements IsoTpChannel {
  readonly #bus: CanBus;
  readonly #clock: Clock;
  readonly #addresses: WireAddresses;
  readonly #frame: Omit<CanFrame, "data">;
  readonly #session: IsoTpSession;
  readonly #link: string;
  readonly #receivers = new Set<MessageReceiver>();
  readonly #pendingSends: PendingSend[] = [];
  readonly #deadlines = new Map<TimerName, Deadline>();
  readonly #effects: Effect[] = [];
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(
    bus: CanBus,
    clock: Clock,
    addresses: WireAddresses,
    format: { readonly fd?: true; readonly brs?: boolean },
    parameters: SessionParameters,
  ) {
    this.#bus = bus;
    this.#clock = clock;
    this.#addresses = addresses;
    this.#frame = { id: addresses.tx.id, extended: addresses.tx.extended, ...format };
    this.#link = parameters.link;
    this.#session = new IsoTpSession(parameters);
    this.#unsubscribe = bus.subscribe((frame) => this.#arrived(frame));
  }

  async send(message: Uint8Array): Promise<number> {
    if (this.#closed) {
      throw new IsoTpError("CLOSED", `The channel ${this.#link} is closed (CLOSED).`);
    }
    // Frames are cut while the bus takes them; the caller may use its buffer again at once.
    const effects = this.#session.send(message.slice(), this.#clock.now());
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#pendingSends.push({ resolve, reject });
    this.#perform(effects);
    return promise;
  }

  subscribe(receiver: MessageReceiver): () => void {
    this.#receivers.add(receiver);
    return () => this.#receivers.delete(receiver);
  }

  holdReception(): void {
    this.#perform(this.#session.hold());
  }

  resumeReception(): void {
    this.#perform(this.#session.resume(this.#clock.now()));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#perform(this.#session.close());
    this.#receivers.clear();
  }

  #arrived(frame: ReceivedFrame): void {
    if (isAddressedTo(this.#addresses, frame)) this.#perform(this.#session.receive(frame.data, frame.atMs));
  }

  /** Effects run in the order in which the session gave them, also where a receiver sends from its callback. */
  #perform(effects: readonly Effect[]): void {
    this.#effects.push(...effects);
    for (let next = this.#effects.shift(); next !== undefined; next = this.#effects.shift()) {
      this.#performOne(next);
    }
  }

  #performOne(effect: Effect): void {
    switch (effect.do) {
      case "transmit":
        void this.#transmit(effect.role, effect.run, effect.data);
        break;
      case "arm":
        this.#deadline(effect.timer).arm(effect.atMs);
        break;
      case "cancel":
        this.#deadlines.get(effect.timer)?.cancel();
        break;
      case "sent":
        this.#pendingSends.shift()?.resolve(effect.atMs);
        break;
      case "send-failed":
        this.#pendingSends.shift()?.reject(effect.error);
        break;
      case "reception-started":
        for (const receiver of this.#receivers) receiver.started?.(effect.length, effect.atMs);
        break;
      case "received":
        for (const receiver of this.#receivers) receiver.message(effect.message, effect.atMs);
        break;
      case "reception-failed":
        for (const receiver of this.#receivers) receiver.failed?.(effect.error, effect.atMs);
        break;
    }
  }

  async #transmit(role: FrameRole, run: number, data: Uint8Array): Promise<void> {
    let departedMs: number;
    try {
      departedMs = await this.#bus.send({ ...this.#frame, data });
    } catch (cause) {
      this.#perform(this.#session.undeliverable(role, run, cause, this.#clock.now()));
      return;
    }
    this.#perform(this.#session.departed(role, run, departedMs));
  }

  #deadline(timer: TimerName): Deadline {
    let deadline = this.#deadlines.get(timer);
    if (deadline === undefined) {
      const expired = (atMs: number): void => this.#perform(this.#session.timeout(timer, atMs));
      deadline = new Deadline(this.#clock, expired, timer !== "STmin");
      this.#deadlines.set(timer, deadline);
    }
    return deadline;
  }
}
