import { IsoTpError, type IsoTpFault } from "@halfshaft/vehicle-net/isotp";
import type { FuzzRun, FuzzTarget } from "./fuzz-run.ts";
import { IsoTpEnd } from "./isotp-end.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

const SEND_FAULTS: readonly IsoTpFault[] = [
  "N_TIMEOUT_A",
  "N_TIMEOUT_Bs",
  "N_INVALID_FS",
  "N_WFT_OVRN",
  "N_BUFFER_OVFLW",
  "N_ERROR",
  "CLOSED",
];
const RECEIVE_FAULTS: readonly IsoTpFault[] = [
  "N_TIMEOUT_A",
  "N_TIMEOUT_Cr",
  "N_WRONG_SN",
  "N_UNEXP_PDU",
  "N_WFT_OVRN",
  "N_BUFFER_OVFLW",
  "N_ERROR",
];

/** The first bytes that frames have: each kind of PCI, its borders, and reserved ones. */
const PCI = [
  0x00, 0x01, 0x07, 0x08, 0x10, 0x1f, 0x20, 0x21, 0x22, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x3f, 0x40, 0xf0,
];

const MANNERS = ["mutate", "lose", "repeat", "stay", "refuse", "spoil", "inject", "hold"] as const;

/**
 * How often a frame is mutated, lost, repeated, never leaves or is refused by the driver; how often a flow control gets
 * another flow status, a frame of nobody's comes, and reception is held or resumed.
 */
type Manners = Readonly<Record<(typeof MANNERS)[number], number>>;

const good: Manners = { mutate: 0, lose: 0, repeat: 0, stay: 0, refuse: 0, spoil: 0, inject: 0, hold: 0 };

/** Some lead to their states more seldom than others. */
const LIKELY_VICES = [...MANNERS, "spoil", "hold", "lose", "lose", "lose", "repeat", "repeat"] as const;

/** A little of all vices, and much of one or two: too many at once and no conversation gets far. */
function badManners(random: Random): Manners {
  const manners = Object.fromEntries(MANNERS.map((name) => [name, random.pick([0, 0.01, 0.03])]));
  for (let vices = random.between(1, 2); vices > 0; vices -= 1) {
    manners[random.pick(LIKELY_VICES)] = random.pick([0.15, 0.2, 0.3]);
  }
  return { ...good, ...manners };
}

/** A pure session at one end, a second one that speaks to it, and between them a bus with bad manners. */
export const isoTpTarget: FuzzTarget = {
  name: "ISO-TP session",
  states: [
    "sender awaits flow control",
    "sender streams",
    "sender separates",
    "sent",
    "receiver collects",
    "receiver on hold",
    "received",
    "message refused",
    ...SEND_FAULTS.map((fault) => `send failed ${fault}`),
    ...RECEIVE_FAULTS.map((fault) => `reception failed ${fault}`),
  ],
  async play(run) {
    new Conversation(run).play();
  },
};

class Conversation {
  readonly #run: FuzzRun;
  readonly #manners: Manners;
  readonly #subject: IsoTpEnd;
  readonly #peer: IsoTpEnd;
  #nowMs = 0;

  constructor(run: FuzzRun) {
    const { random } = run;
    this.#run = run;
    this.#manners = run.mutated ? badManners(random) : { ...good, inject: 0.25 };
    const [txDl, addressed] = [random.pick([8, 8, 8, 8, 8, 8, 12, 64]), random.chance(0.2)];
    const frames = { txDl, addressed };
    const subject = { ...frames, maxMessageBytes: random.pick([30, 5000, 5000]) };
    const peer = { ...frames, maxMessageBytes: random.pick([20, 35, 5000]), wftMax: 10 };
    this.#subject = new IsoTpEnd(random, subject, (state) => run.enter(state));
    this.#peer = new IsoTpEnd(random, peer);
  }

  play(): void {
    const { random } = this.#run;
    for (let left = random.between(20, 150); left > 0 && !this.#run.isDone; left -= 1) this.#step();
    const closed = random.chance(0.6);
    if (closed) this.#try("close", () => this.#subject.close());
    else this.#comeToRest();
    const { unsettled } = this.#subject;
    if (unsettled !== 0) this.#run.fail(`${unsettled} messages neither left nor failed`);
  }

  #step(): void {
    const { random } = this.#run;
    const manners = this.#manners;
    if (random.chance(manners.inject)) this.#deliver(this.#madeUp());
    if (random.chance(manners.hold))
      this.#try("hold", () => this.#subject.hold(random.chance(0.6), this.#nowMs));
    if (random.chance(manners.hold)) this.#peer.hold(random.chance(0.9), this.#nowMs);
    if (random.chance(0.17)) this.#try("send", () => this.#subject.send(this.#message(), this.#nowMs));
    if (random.chance(0.4)) this.#peer.send(this.#message(1), this.#nowMs);
    if (!this.#carry(this.#peer) && !this.#carry(this.#subject)) this.#expire();
  }

  #message(shortest = 0): Uint8Array {
    const { random } = this.#run;
    if (random.chance(0.002)) return random.bytes(random.between(4090, 4300));
    return random.bytes(random.chance(0.06) ? shortest : random.between(1, 45));
  }

  /** A frame of one end leaves and reaches the other; false where there is none. */
  #carry(from: IsoTpEnd): boolean {
    const frame = from.outbox.shift();
    if (frame === undefined) return false;
    const { random } = this.#run;
    const manners = this.#manners;
    this.#nowMs += 0.25;
    // Flow control is rare among frames, and deserves the same trouble.
    const share = frame.role === "flow" ? 8 : 2.5;
    if (random.chance(manners.stay * share)) return true;
    const isSubject = from === this.#subject;
    if (random.chance(manners.refuse * share)) {
      this.#report(() => from.undeliverable(frame, this.#nowMs));
      return true;
    }
    // The news of a departure may come after the answer to it.
    const late = random.chance(0.1);
    const depart = (): void => this.#report(() => from.departed(frame, this.#nowMs));
    if (!late) depart();
    const lost = isConsecutive(frame.data) ? 4 * manners.lose : manners.lose;
    if (!random.chance(lost)) {
      for (let times = random.chance(manners.repeat) ? 2 : 1; times > 0; times -= 1) {
        if (isSubject) this.#peer.receive(this.#mutated(frame.data), this.#nowMs);
        else this.#deliver(this.#mutated(frame.data));
      }
    }
    if (late) depart();
    return true;
  }

  #mutated(data: Uint8Array): Uint8Array {
    const { random } = this.#run;
    const flowControlAt = data.findIndex((byte) => byte >>> 4 === 3);
    if (flowControlAt >= 0 && flowControlAt < 2 && random.chance(4 * this.#manners.spoil)) {
      return data.with(flowControlAt, 0x30 | random.below(16));
    }
    return random.chance(this.#manners.mutate) ? mutate(data, random).subarray(0, 64) : data;
  }

  #madeUp(): Uint8Array {
    const { random } = this.#run;
    const data = random.bytes(random.pick([8, 8, 8, 3, 1, 0, 12, 64]));
    if (data.length > 0) data[0] = random.pick(PCI);
    return data;
  }

  #deliver(data: Uint8Array): void {
    this.#try(`receive ${Buffer.from(data).toString("hex")}`, () => this.#subject.receive(data, this.#nowMs));
  }

  /** What the driver says of frames that it was given; not counted as an input. */
  #report(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#run.fail("the report of a frame threw", error);
    }
  }

  /** Time passes until a timer runs out. */
  #expire(): boolean {
    const dueMs = Math.min(this.#subject.dueMs, this.#peer.dueMs);
    if (dueMs === Infinity) return false;
    this.#nowMs = Math.max(this.#nowMs, dueMs);
    if (this.#subject.dueMs === dueMs) this.#try("timeout", () => this.#subject.expire(this.#nowMs));
    else this.#peer.expire(this.#nowMs);
    return true;
  }

  /** Without further input both ends must come to rest within their time-outs. */
  #comeToRest(): void {
    this.#subject.hold(false, this.#nowMs);
    this.#peer.hold(false, this.#nowMs);
    for (let left = 20_000; left > 0; left -= 1) {
      const isBusy = this.#carry(this.#peer) || this.#carry(this.#subject) || this.#expire();
      if (!isBusy) return;
    }
    this.#run.fail("the session did not come to rest");
  }

  #try(what: string, act: () => void): void {
    this.#run.input();
    try {
      act();
    } catch (error) {
      if (error instanceof IsoTpError && what === "send") this.#run.enter("message refused");
      else this.#run.fail(`${what} threw`, error);
    }
  }
}

const isConsecutive = (data: Uint8Array): boolean => (data[0] ?? 0) >>> 4 === 2;
