import type { Effect } from "./effect.ts";
import { IsoTpError, type IsoTpFault } from "./error.ts";
import type { SessionParameters } from "./options.ts";
import {
  consecutiveFrameBytes,
  encodeConsecutiveFrame,
  encodeFirstFrame,
  encodeSingleFrame,
  flowStatus,
  maxSingleFrameBytes,
  type FlowControl,
} from "./pci.ts";
import { decodeStMin } from "./timing.ts";

interface Transmission {
  readonly run: number;
  readonly message: Uint8Array;
  /** Bytes already handed to the driver. */
  offset: number;
  sequenceNumber: number;
  /** Frames handed to the driver and not yet reported as departed. */
  inFlight: number;
  /** Consecutive frames that the receiver still allows. */
  blockLeft: number;
  separationMs: number;
  /** Departure of the last consecutive frame. */
  separatedFromMs: number;
  waitsInRow: number;
  /** After the first CTS an overflow is no longer legal. */
  cleared: boolean;
  /** A flow control that overtook the report of the departure it answers. */
  early?: { readonly frame: FlowControl; readonly atMs: number };
}

/** The sending half of a session: messages go out one after the other, each segmented as its receiver allows. */
export class Sender {
  readonly #parameters: SessionParameters;
  readonly #queue: Uint8Array[] = [];
  #current: Transmission | undefined;
  #runs = 0;

  constructor(parameters: SessionParameters) {
    this.#parameters = parameters;
  }

  send(message: Uint8Array, atMs: number): Effect[] {
    this.#queue.push(message);
    return this.#current === undefined ? this.#startNext(atMs) : [];
  }

  #startNext(atMs: number): Effect[] {
    const message = this.#queue.shift();
    if (message === undefined) return [];
    const transmission: Transmission = {
      run: ++this.#runs,
      message,
      offset: 0,
      sequenceNumber: 1, // 9.6.4: the first frame counts as 0.
      inFlight: 0,
      blockLeft: 0,
      separationMs: 0,
      separatedFromMs: -Infinity,
      waitsInRow: 0,
      cleared: false,
    };
    this.#current = transmission;
    const { layout } = this.#parameters;
    if (message.length <= maxSingleFrameBytes(layout)) {
      transmission.offset = message.length;
      return this.#transmit(transmission, encodeSingleFrame(layout, message), atMs);
    }
    const { data, carried } = encodeFirstFrame(layout, message);
    transmission.offset = carried;
    return this.#transmit(transmission, data, atMs);
  }

  /** A data frame has left. */
  departed(run: number, atMs: number): Effect[] {
    const transmission = this.#current;
    if (transmission?.run !== run) return [];
    transmission.inFlight -= 1;
    if (transmission.cleared) transmission.separatedFromMs = atMs;
    if (transmission.inFlight > 0) {
      // The next frame in the driver's queue had to wait for this one: its N_As starts now.
      return [this.#armNAs(atMs), ...this.#proceed(transmission, atMs)];
    }
    const effects: Effect[] = [{ do: "cancel", timer: "N_As" }];
    if (transmission.offset === transmission.message.length) {
      this.#current = undefined;
      effects.push({ do: "sent", atMs }, ...this.#startNext(atMs));
    } else if (transmission.blockLeft > 0) {
      effects.push(...this.#proceed(transmission, atMs));
    } else {
      effects.push(...this.#awaitFlowControl(transmission, atMs));
    }
    return effects;
  }

  #awaitFlowControl(transmission: Transmission, atMs: number): Effect[] {
    const { early } = transmission;
    transmission.early = undefined;
    // What ended before our frame did cannot be its answer: a repeated flow control, ignored (9.8.3).
    if (early !== undefined && early.atMs >= atMs) return this.flowControl(early.frame, early.atMs);
    return [{ do: "arm", timer: "N_Bs", atMs: atMs + this.#parameters.timing.nBsMs }];
  }

  flowControl(frame: FlowControl, atMs: number): Effect[] {
    const transmission = this.#current;
    // 9.8.3: flow control that nobody waits for is ignored.
    if (transmission === undefined || transmission.blockLeft > 0) return [];
    if (transmission.offset === transmission.message.length) return [];
    if (transmission.inFlight > 0) {
      transmission.early = { frame, atMs };
      return [];
    }
    switch (frame.flowStatus) {
      case flowStatus.continueToSend:
        transmission.cleared = true;
        transmission.waitsInRow = 0;
        // 9.6.5.6: BS and STmin hold until the next CTS, which may change them.
        transmission.blockLeft = frame.blockSize === 0 ? Infinity : frame.blockSize;
        transmission.separationMs = decodeStMin(frame.stMin);
        return [{ do: "cancel", timer: "N_Bs" }, ...this.#proceed(transmission, atMs)];
      case flowStatus.wait:
        return this.#wait(transmission, atMs);
      case flowStatus.overflow:
        // 9.6.5: overflow answers a first frame only.
        return transmission.cleared
          ? this.#fail("N_INVALID_FS", "the receiver reported an overflow in the middle of the message", atMs)
          : this.#fail("N_BUFFER_OVFLW", "the message is longer than the receiver's buffer", atMs);
      default:
        return this.#fail("N_INVALID_FS", `flow status ${frame.flowStatus} is reserved`, atMs);
    }
  }

  #wait(transmission: Transmission, atMs: number): Effect[] {
    const { wftMax, timing } = this.#parameters;
    transmission.waitsInRow += 1;
    if (transmission.waitsInRow > wftMax) {
      return this.#fail("N_WFT_OVRN", `the receiver sent more than ${wftMax} FC.WAIT in a row`, atMs);
    }
    return [{ do: "arm", timer: "N_Bs", atMs: atMs + timing.nBsMs }]; // 9.8.4
  }

  /** Sends what the receiver allows now: one frame per STmin, or without STmin as many as fit ahead. */
  #proceed(transmission: Transmission, atMs: number): Effect[] {
    const effects: Effect[] = [];
    if (transmission.separationMs > 0) {
      if (transmission.inFlight > 0 || transmission.blockLeft === 0) return effects;
      const dueMs = transmission.separatedFromMs + transmission.separationMs;
      if (dueMs > atMs) effects.push({ do: "arm", timer: "STmin", atMs: dueMs });
      else effects.push(...this.#consecutive(transmission, atMs));
      return effects;
    }
    while (
      transmission.inFlight < this.#parameters.framesAhead &&
      transmission.blockLeft > 0 &&
      transmission.offset < transmission.message.length
    ) {
      effects.push(...this.#consecutive(transmission, atMs));
    }
    return effects;
  }

  #consecutive(transmission: Transmission, atMs: number): Effect[] {
    const { layout } = this.#parameters;
    const { message, offset } = transmission;
    const end = Math.min(offset + consecutiveFrameBytes(layout), message.length);
    const chunk = message.subarray(offset, end);
    const data = encodeConsecutiveFrame(layout, transmission.sequenceNumber, chunk);
    transmission.offset = end;
    transmission.sequenceNumber = (transmission.sequenceNumber + 1) & 0xf;
    transmission.blockLeft -= 1;
    return this.#transmit(transmission, data, atMs);
  }

  #transmit(transmission: Transmission, data: Uint8Array, atMs: number): Effect[] {
    const effects: Effect[] = [{ do: "transmit", role: "data", run: transmission.run, data }];
    transmission.inFlight += 1;
    if (transmission.inFlight === 1) effects.push(this.#armNAs(atMs));
    return effects;
  }

  #armNAs(atMs: number): Effect {
    return { do: "arm", timer: "N_As", atMs: atMs + this.#parameters.timing.nAsMs };
  }

  timeout(timer: "N_As" | "N_Bs" | "STmin", atMs: number): Effect[] {
    const transmission = this.#current;
    if (transmission === undefined) return [];
    const { timing } = this.#parameters;
    switch (timer) {
      case "N_As":
        return this.#fail("N_TIMEOUT_A", `a frame had not left after ${timing.nAsMs} ms`, atMs);
      case "N_Bs":
        return this.#fail("N_TIMEOUT_Bs", `no flow control came within ${timing.nBsMs} ms`, atMs);
      default: // STmin has passed.
        return this.#consecutive(transmission, atMs);
    }
  }

  /** The driver refused a frame of this transmission. */
  undeliverable(run: number, cause: unknown, atMs: number): Effect[] {
    if (this.#current?.run !== run) return [];
    return this.#fail("N_ERROR", "the CAN driver did not send a frame", atMs, cause);
  }

  /** Ends the message under way and all that wait. */
  close(): Effect[] {
    const messages = this.#current === undefined ? this.#queue : [this.#current.message, ...this.#queue];
    const failures = messages.map((message) => this.#failure("CLOSED", message, "the channel was closed"));
    this.#queue.length = 0;
    this.#current = undefined;
    return [...cancelAll(), ...failures];
  }

  #fail(fault: IsoTpFault, reason: string, atMs: number, cause?: unknown): Effect[] {
    const transmission = this.#current;
    if (transmission === undefined) return [];
    this.#current = undefined;
    const { message, offset } = transmission;
    const failure = this.#failure(fault, message, `${reason}, with ${offset} bytes handed over`, cause);
    return [...cancelAll(), failure, ...this.#startNext(atMs)];
  }

  #failure(fault: IsoTpFault, message: Uint8Array, reason: string, cause?: unknown): Effect {
    const sentence = `Sending ${message.length} bytes (${this.#parameters.link}) failed: ${reason} (${fault}).`;
    return {
      do: "send-failed",
      error: new IsoTpError(fault, sentence, cause === undefined ? {} : { cause }),
    };
  }
}

function cancelAll(): Effect[] {
  return (["N_As", "N_Bs", "STmin"] as const).map((timer) => ({ do: "cancel", timer }));
}
