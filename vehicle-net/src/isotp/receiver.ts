import type { Effect } from "./effect.ts";
import { IsoTpError, type IsoTpFault } from "./error.ts";
import type { SessionParameters } from "./options.ts";
import {
  encodeFlowControl,
  flowStatus,
  type ConsecutiveFrame,
  type FirstFrame,
  type SingleFrame,
} from "./pci.ts";

interface Reception {
  readonly run: number;
  readonly message: Uint8Array;
  readonly rxDl: number;
  received: number;
  sequenceNumber: number;
  /** Consecutive frames that the sender may still send before our next flow control. */
  blockLeft: number;
  lastFrameMs: number;
  waitsInRow: number;
  /** Flow controls handed to the driver and not yet reported as departed. */
  flowsInFlight: number;
}

/** The receiving half of a session. One message at a time; a new one always wins over an unfinished one. */
export class Receiver {
  readonly #parameters: SessionParameters;
  #current: Reception | undefined;
  #onHold = false;
  #runs = 0;

  constructor(parameters: SessionParameters) {
    this.#parameters = parameters;
  }

  singleFrame(frame: SingleFrame, atMs: number): Effect[] {
    return [...this.#interrupted(atMs), { do: "received", message: frame.message, atMs }];
  }

  firstFrame(frame: FirstFrame, atMs: number): Effect[] {
    const effects = this.#interrupted(atMs);
    const { maxMessageBytes } = this.#parameters;
    if (frame.length > maxMessageBytes) {
      // 9.6.3: the message does not fit our buffer.
      const reason = `${frame.length} bytes were announced and ${maxMessageBytes} are allowed`;
      effects.push(this.#flowControl(++this.#runs, flowStatus.overflow));
      effects.push(this.#failure("N_BUFFER_OVFLW", frame.length, reason, atMs));
      return effects;
    }
    const reception: Reception = {
      run: ++this.#runs,
      message: new Uint8Array(frame.length),
      rxDl: frame.rxDl,
      received: frame.payload.length,
      sequenceNumber: 1,
      blockLeft: 0,
      lastFrameMs: atMs,
      waitsInRow: 0,
      flowsInFlight: 0,
    };
    reception.message.set(frame.payload);
    this.#current = reception;
    effects.push({ do: "reception-started", length: frame.length, atMs }, ...this.#steer(reception, atMs));
    return effects;
  }

  consecutiveFrame(frame: ConsecutiveFrame, atMs: number): Effect[] {
    const reception = this.#current;
    // 9.8.3: a consecutive frame that nobody waits for is ignored.
    if (reception === undefined || reception.blockLeft === 0) return [];
    const { message, received, rxDl } = reception;
    const chunk = frame.payload.subarray(0, message.length - received);
    const last = received + chunk.length === message.length;
    // 9.5: RX_DL is fixed by the first frame; only the last frame may be shorter.
    if (frame.canDl > rxDl || (!last && frame.canDl < rxDl)) return [];
    if (frame.sequenceNumber !== reception.sequenceNumber) {
      // 9.6.4: a wrong sequence number ends the reception.
      const reason = `frame ${frame.sequenceNumber} came where ${reception.sequenceNumber} was due`;
      return this.#fail("N_WRONG_SN", reason, atMs);
    }
    message.set(chunk, received);
    reception.received += chunk.length;
    reception.sequenceNumber = (reception.sequenceNumber + 1) & 0xf;
    reception.blockLeft -= 1;
    reception.lastFrameMs = atMs;
    if (last) {
      this.#current = undefined;
      return [...cancelAll(), { do: "received", message, atMs }];
    }
    if (reception.blockLeft === 0) return [{ do: "cancel", timer: "N_Cr" }, ...this.#steer(reception, atMs)];
    return [this.#armNCr(atMs)];
  }

  /** From now on flow control says WAIT instead of CTS. */
  hold(): Effect[] {
    this.#onHold = true;
    return [];
  }

  /** Ends the hold; a sender that waits is cleared at once. */
  resume(atMs: number): Effect[] {
    this.#onHold = false;
    const reception = this.#current;
    return reception === undefined || reception.blockLeft > 0 ? [] : this.#steer(reception, atMs);
  }

  /** Sends the flow control that is due: CTS, or WAIT while on hold (9.7). */
  #steer(reception: Reception, atMs: number): Effect[] {
    const { blockSize, wftMax, timing } = this.#parameters;
    if (this.#onHold && reception.waitsInRow === wftMax) {
      return this.#fail("N_WFT_OVRN", `reception was on hold for more than ${wftMax} FC.WAIT`, atMs);
    }
    reception.flowsInFlight += 1;
    const departure: Effect = { do: "arm", timer: "N_Ar", atMs: atMs + timing.nArMs };
    if (this.#onHold) {
      reception.waitsInRow += 1;
      const again: Effect = { do: "arm", timer: "N_Br", atMs: atMs + timing.nBrMs };
      return [this.#flowControl(reception.run, flowStatus.wait), departure, again];
    }
    reception.waitsInRow = 0;
    reception.blockLeft = blockSize === 0 ? Infinity : blockSize;
    const clear = this.#flowControl(reception.run, flowStatus.continueToSend);
    return [{ do: "cancel", timer: "N_Br" }, clear, departure];
  }

  #flowControl(run: number, status: number): Effect {
    const { layout, blockSize, stMin } = this.#parameters;
    return { do: "transmit", role: "flow", run, data: encodeFlowControl(layout, status, blockSize, stMin) };
  }

  /** A flow control has left. */
  departed(run: number, atMs: number): Effect[] {
    const reception = this.#current;
    if (reception?.run !== run) return [];
    reception.flowsInFlight -= 1;
    const effects: Effect[] = reception.flowsInFlight === 0 ? [{ do: "cancel", timer: "N_Ar" }] : [];
    // A consecutive frame may have overtaken this report; the later of both starts N_Cr.
    if (reception.blockLeft > 0) effects.push(this.#armNCr(Math.max(atMs, reception.lastFrameMs)));
    return effects;
  }

  #armNCr(atMs: number): Effect {
    return { do: "arm", timer: "N_Cr", atMs: atMs + this.#parameters.timing.nCrMs };
  }

  timeout(timer: "N_Ar" | "N_Br" | "N_Cr", atMs: number): Effect[] {
    const reception = this.#current;
    if (reception === undefined) return [];
    const { timing } = this.#parameters;
    switch (timer) {
      case "N_Ar":
        return this.#fail("N_TIMEOUT_A", `our flow control had not left after ${timing.nArMs} ms`, atMs);
      case "N_Cr":
        return this.#fail("N_TIMEOUT_Cr", `no consecutive frame came within ${timing.nCrMs} ms`, atMs);
      default: // N_Br: the next flow control is due.
        return this.#steer(reception, atMs);
    }
  }

  /** The driver refused a flow control of this reception. */
  undeliverable(run: number, cause: unknown, atMs: number): Effect[] {
    if (this.#current?.run !== run) return [];
    return this.#fail("N_ERROR", "the CAN driver did not send our flow control", atMs, cause);
  }

  /** Forgets an unfinished message. */
  close(): Effect[] {
    this.#current = undefined;
    return cancelAll();
  }

  /** 9.8.3: a single or first frame ends an unfinished reception and is processed as a new one. */
  #interrupted(atMs: number): Effect[] {
    return this.#current === undefined
      ? []
      : this.#fail("N_UNEXP_PDU", "the sender began another message", atMs);
  }

  #fail(fault: IsoTpFault, reason: string, atMs: number, cause?: unknown): Effect[] {
    const reception = this.#current;
    if (reception === undefined) return [];
    this.#current = undefined;
    const { message, received } = reception;
    const after = `${reason}, after ${received} bytes`;
    return [...cancelAll(), this.#failure(fault, message.length, after, atMs, cause)];
  }

  #failure(fault: IsoTpFault, length: number, reason: string, atMs: number, cause?: unknown): Effect {
    const sentence = `Receiving ${length} bytes (${this.#parameters.link}) failed: ${reason} (${fault}).`;
    const error = new IsoTpError(fault, sentence, cause === undefined ? {} : { cause });
    return { do: "reception-failed", error, atMs };
  }
}

function cancelAll(): Effect[] {
  return (["N_Ar", "N_Br", "N_Cr"] as const).map((timer) => ({ do: "cancel", timer }));
}
