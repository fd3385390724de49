import type { ReceivedFrame } from "../can/frame.ts";
import type { Effect } from "../isotp/effect.ts";
import { sessionParameters } from "../isotp/options.ts";
import { decodePdu, flowStatus, type FlowControl } from "../isotp/pci.ts";
import { IsoTpSession } from "../isotp/session.ts";
import { decodeStMin, defaultTiming } from "../isotp/timing.ts";
import { counted, hexBytes, hexId, milliseconds } from "./text.ts";
import type { Branch } from "./tree.ts";

/** Longest message that is put together; a damaged first frame may announce four gigabytes. */
const MAX_MESSAGE_BYTES = 1 << 20;
/** Flow controls that are shown of one message. */
const SHOWN_FLOWS = 4;

/** What came out of the frames of one direction. */
export type StreamEvent =
  | {
      readonly kind: "message";
      readonly message: Uint8Array;
      readonly firstAtMs: number;
      readonly lastAtMs: number;
      readonly how: Branch;
    }
  | { readonly kind: "fault"; readonly sentence: string; readonly atMs: number };

interface Carried {
  readonly first: ReceivedFrame;
  lastAtMs: number;
  consecutive: number;
  readonly flows: ReceivedFrame[];
  flowCount: number;
}

/**
 * Puts together the messages of one direction, as an onlooker: the receiving half of a session, whose flow controls
 * are not sent, since the ECU on the bus sends its own.
 */
export class MessageStream {
  readonly #name: string;
  #session: IsoTpSession;
  #carried: Carried | undefined;
  #strays = 0;
  #strayAtMs = 0;

  /** @param name of the direction, for sentences: its identifier. */
  constructor(name: string) {
    this.#name = name;
    this.#session = this.#newSession();
  }

  /** A frame of this direction. Flow controls belong to the other one: see `flowControl`. */
  frame(frame: ReceivedFrame): StreamEvent[] {
    const pdu = decodePdu(frame.data, 0);
    if (pdu === undefined) return [this.#fault(frame.atMs, `no ISO-TP frame: ${describeFrame(frame)}`)];
    if (pdu.type === "CF" && this.#carried === undefined) {
      this.#strays += 1;
      this.#strayAtMs = frame.atMs;
      return [];
    }
    const events = this.#strayEvents();
    const effects = this.#session.receive(frame.data, frame.atMs);
    const failed = this.#failures(effects);
    if (pdu.type === "CF" && this.#carried !== undefined) {
      this.#carried.consecutive += 1;
      this.#carried.lastAtMs = frame.atMs;
    }
    if (pdu.type === "SF" || pdu.type === "FF") {
      this.#carried = { first: frame, lastAtMs: frame.atMs, consecutive: 0, flows: [], flowCount: 0 };
    }
    const received = effects.find((effect) => effect.do === "received");
    const done = received === undefined ? [] : [this.#message(received.message)];
    if (received !== undefined || (failed.length > 0 && pdu.type === "CF")) this.#carried = undefined;
    return [...events, ...failed, ...done];
  }

  /** A flow control of the other side for a message of this direction. */
  flowControl(frame: ReceivedFrame, pdu: FlowControl): StreamEvent[] {
    const carried = this.#carried;
    if (carried === undefined) return [];
    carried.flowCount += 1;
    if (carried.flows.length < SHOWN_FLOWS) carried.flows.push(frame);
    carried.lastAtMs = frame.atMs;
    if (pdu.flowStatus === flowStatus.continueToSend || pdu.flowStatus === flowStatus.wait) return [];
    const fault =
      pdu.flowStatus === flowStatus.overflow
        ? "the receiver has no room for it (N_BUFFER_OVFLW)"
        : `the receiver answered the reserved flow status ${pdu.flowStatus} (N_INVALID_FS)`;
    return [this.#abandon(frame.atMs, fault)];
  }

  /** Time has gone on: a message that nothing came for is given up. */
  timeUp(atMs: number): StreamEvent[] {
    const carried = this.#carried;
    if (carried === undefined || atMs - carried.lastAtMs <= defaultTiming.nCrMs) return [];
    const silence =
      carried.flowCount === 0 ? "no flow control came (N_TIMEOUT_Bs)" : "it stopped (N_TIMEOUT_Cr)";
    const lostAtMs = carried.lastAtMs + defaultTiming.nCrMs;
    return [this.#abandon(lostAtMs, `${silence} within ${defaultTiming.nCrMs} ms`)];
  }

  /** The capture ends. */
  end(atMs: number): StreamEvent[] {
    const unfinished = this.#carried === undefined ? [] : [this.#abandon(atMs, "the capture ends within it")];
    return [...this.#strayEvents(), ...unfinished];
  }

  #message(message: Uint8Array): StreamEvent {
    const carried = this.#carried!;
    const { first, lastAtMs } = carried;
    return {
      kind: "message",
      message,
      firstAtMs: first.atMs,
      lastAtMs,
      how: describeCarried(carried, message),
    };
  }

  #failures(effects: readonly Effect[]): StreamEvent[] {
    return effects.flatMap((effect) =>
      effect.do === "reception-failed" ? [this.#fault(effect.atMs, effect.error.message)] : [],
    );
  }

  #strayEvents(): StreamEvent[] {
    if (this.#strays === 0) return [];
    const frames = counted(this.#strays, "consecutive frame");
    this.#strays = 0;
    return [this.#fault(this.#strayAtMs, `${frames} that belong to no message`)];
  }

  #abandon(atMs: number, reason: string): StreamEvent {
    const { first, consecutive } = this.#carried!;
    this.#carried = undefined;
    this.#session = this.#newSession();
    const pdu = decodePdu(first.data, 0);
    const length = pdu?.type === "FF" ? `${pdu.length} bytes` : "unknown length";
    const after = `after ${counted(consecutive, "consecutive frame")}`;
    return this.#fault(atMs, `a message of ${length} was not completed: ${reason}, ${after}`);
  }

  #fault(atMs: number, sentence: string): StreamEvent {
    return { kind: "fault", sentence, atMs };
  }

  #newSession(): IsoTpSession {
    const addressing = { mode: "normal", txId: 0, rxId: 0 } as const;
    const options = { addressing, maxMessageBytes: MAX_MESSAGE_BYTES };
    return new IsoTpSession(sessionParameters(options, { link: this.#name, singleFramesOnly: false }));
  }
}

/** `CAN 708 [8] 02 10 03 CC CC CC CC CC` */
export const describeFrame = ({ id, extended = false, data, fd, brs }: ReceivedFrame): string => {
  const format = fd === true ? ` FD${brs === true ? "+BRS" : ""}` : "";
  return `CAN ${hexId(id, extended)} [${data.length}]${format} ${hexBytes(data)}`;
};

function describeCarried(carried: Carried, message: Uint8Array): Branch {
  const { first, lastAtMs, consecutive, flows, flowCount } = carried;
  const can = { text: describeFrame(first) };
  const length = counted(message.length, "byte");
  if (consecutive === 0) return { text: `ISO-TP: ${length} in a single frame`, children: [can] };
  const tookMs = lastAtMs - first.atMs;
  // Of a few frames a rate would say nothing.
  const rate = consecutive >= 16 ? `, ${(message.length / tookMs).toFixed(1)} kB/s` : "";
  const flowBranches = flows.map((flow) => ({ text: `${describeFrame(flow)}: ${describeFlow(flow)}` }));
  const more = flowCount - flows.length;
  return {
    text: `ISO-TP: ${length} in ${consecutive + 1} frames, ${milliseconds(tookMs)}${rate}`,
    children: [
      can,
      ...flowBranches,
      ...(more > 0 ? [{ text: `… ${counted(more, "more flow control")}` }] : []),
      { text: counted(consecutive, "consecutive frame") },
    ],
  };
}

function describeFlow({ data }: ReceivedFrame): string {
  const pdu = decodePdu(data, 0);
  if (pdu?.type !== "FC") return "no flow control";
  if (pdu.flowStatus === flowStatus.wait) return "wait";
  const stMin = milliseconds(decodeStMin(pdu.stMin));
  return `continue, block size ${pdu.blockSize}, STmin ${stMin}`;
}
