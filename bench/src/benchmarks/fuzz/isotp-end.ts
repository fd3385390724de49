import {
  type Effect,
  type FrameRole,
  IsoTpSession,
  sessionParameters,
  type TimerName,
} from "@halfshaft/vehicle-net/isotp";
import type { Random } from "./random.ts";

export interface OutgoingFrame {
  readonly role: FrameRole;
  readonly run: number;
  readonly data: Uint8Array;
}

export interface EndOptions {
  readonly txDl: number;
  /** Whether an address byte comes before the PCI. */
  readonly addressed: boolean;
  /** FC.WAIT in a row that it puts up with; by chance where left out. */
  readonly wftMax?: number;
  readonly maxMessageBytes: number;
}

const ADDRESS_BYTE = 0x55;

/** A pure session with its timers and its frames, as a channel would keep them, but without bus and clock. */
export class IsoTpEnd {
  readonly outbox: OutgoingFrame[] = [];
  /** Messages that were taken and have neither left nor failed. */
  unsettled = 0;
  readonly #session: IsoTpSession;
  readonly #timers = new Map<TimerName, number>();
  readonly #enter: (state: string) => void;

  constructor(
    random: Random,
    { txDl, addressed, maxMessageBytes, wftMax = random.pick([0, 0, 1, 3]) }: EndOptions,
    enter: (state: string) => void = () => {},
  ) {
    const parameters = sessionParameters(
      {
        addressing: { mode: "normal", txId: 0x7e0, rxId: 0x7e8 },
        txDl,
        padding: random.pick([0xcc, 0x00, false]),
        blockSize: random.pick([0, 0, 1, 2, 8]),
        stMinMs: random.pick([0, 0, 0.3, 5]),
        wftMax,
        maxMessageBytes,
        framesAhead: random.pick([1, 4, 32]),
      },
      {
        link: "0x7E0 → 0x7E8",
        singleFramesOnly: false,
        ...(addressed ? { addressByte: ADDRESS_BYTE } : {}),
      },
    );
    this.#session = new IsoTpSession(parameters);
    this.#enter = enter;
  }

  /** When the first of its timers runs out, ms; `Infinity` where none is armed. */
  get dueMs(): number {
    return Math.min(...this.#timers.values());
  }

  /** @throws {IsoTpError} MESSAGE_LENGTH */
  send(message: Uint8Array, atMs: number): void {
    const effects = this.#session.send(message, atMs);
    this.unsettled += 1;
    this.#perform(effects);
  }

  receive(data: Uint8Array, atMs: number): void {
    this.#perform(this.#session.receive(data, atMs));
  }

  departed({ role, run }: OutgoingFrame, atMs: number): void {
    this.#perform(this.#session.departed(role, run, atMs));
  }

  undeliverable({ role, run }: OutgoingFrame, atMs: number): void {
    this.#perform(this.#session.undeliverable(role, run, undefined, atMs));
  }

  hold(on: boolean, atMs: number): void {
    this.#perform(on ? this.#session.hold() : this.#session.resume(atMs));
  }

  close(): void {
    this.#perform(this.#session.close());
  }

  /** The first of its timers has run out. */
  expire(atMs: number): void {
    for (const [timer, dueMs] of this.#timers) {
      if (dueMs > atMs) continue;
      this.#timers.delete(timer);
      this.#perform(this.#session.timeout(timer, atMs));
      return;
    }
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: Effect): void {
    switch (effect.do) {
      case "transmit":
        this.outbox.push(effect);
        if (effect.role === "data" && isConsecutive(effect.data)) this.#enter("sender streams");
        return;
      case "arm":
        this.#timers.set(effect.timer, effect.atMs);
        if (effect.timer === "N_Bs") this.#enter("sender awaits flow control");
        if (effect.timer === "STmin") this.#enter("sender separates");
        if (effect.timer === "N_Br") this.#enter("receiver on hold");
        return;
      case "cancel":
        this.#timers.delete(effect.timer);
        return;
      case "sent":
        this.unsettled -= 1;
        this.#enter("sent");
        return;
      case "send-failed":
        this.unsettled -= 1;
        this.#enter(`send failed ${effect.error.fault}`);
        return;
      case "reception-started":
        this.#enter("receiver collects");
        return;
      case "received":
        this.#enter("received");
        return;
      case "reception-failed":
        this.#enter(`reception failed ${effect.error.fault}`);
        return;
    }
  }
}

/** With or without an address byte before the PCI. */
const isConsecutive = (data: Uint8Array): boolean =>
  (data[0] === ADDRESS_BYTE ? (data[1] ?? 0) : (data[0] ?? 0)) >>> 4 === 2;
