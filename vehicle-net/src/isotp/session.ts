import type { Effect, FrameRole, TimerName } from "./effect.ts";
import { IsoTpError } from "./error.ts";
import type { SessionParameters } from "./options.ts";
import { decodePdu, maxSingleFrameBytes } from "./pci.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";

const MAX_FF_DL = 0xffff_ffff;

/**
 * ISO 15765-2:2016 between two ends, without a bus and without a clock: frames, departures and time-outs go in with
 * their times, effects come out. Both halves run side by side (full duplex).
 */
export class IsoTpSession {
  readonly #parameters: SessionParameters;
  readonly #addressLength: 0 | 1;
  readonly #sender: Sender;
  readonly #receiver: Receiver;

  constructor(parameters: SessionParameters) {
    this.#parameters = parameters;
    this.#addressLength = parameters.layout.addressByte === undefined ? 0 : 1;
    this.#sender = new Sender(parameters);
    this.#receiver = new Receiver(parameters);
  }

  /**
   * Queues a message, which must not change until its `sent` or `send-failed`; these come in the order of calls.
   * @throws {IsoTpError} MESSAGE_LENGTH.
   */
  send(message: Uint8Array, atMs: number): Effect[] {
    const { singleFramesOnly, layout, link } = this.#parameters;
    const max = singleFramesOnly ? maxSingleFrameBytes(layout) : MAX_FF_DL;
    if (message.length === 0 || message.length > max) {
      const sentence = `A message of ${message.length} bytes cannot be sent (${link}): 1 to ${max} are possible.`;
      throw new IsoTpError("MESSAGE_LENGTH", sentence);
    }
    return this.#sender.send(message, atMs);
  }

  /** @param data CAN data of a frame addressed to us. */
  receive(data: Uint8Array, atMs: number): Effect[] {
    const pdu = decodePdu(data, this.#addressLength);
    if (pdu === undefined) return [];
    if (pdu.type === "SF") return this.#receiver.singleFrame(pdu, atMs);
    if (this.#parameters.singleFramesOnly) return [];
    switch (pdu.type) {
      case "FF":
        return this.#receiver.firstFrame(pdu, atMs);
      case "CF":
        return this.#receiver.consecutiveFrame(pdu, atMs);
      default:
        return this.#sender.flowControl(pdu, atMs);
    }
  }

  /** A frame given out by `transmit` has left (L_Data.con). */
  departed(role: FrameRole, run: number, atMs: number): Effect[] {
    return this.#half(role).departed(run, atMs);
  }

  /** A frame given out by `transmit` will not leave. */
  undeliverable(role: FrameRole, run: number, cause: unknown, atMs: number): Effect[] {
    return this.#half(role).undeliverable(run, cause, atMs);
  }

  timeout(timer: TimerName, atMs: number): Effect[] {
    switch (timer) {
      case "N_As":
      case "N_Bs":
      case "STmin":
        return this.#sender.timeout(timer, atMs);
      default:
        return this.#receiver.timeout(timer, atMs);
    }
  }

  hold(): Effect[] {
    return this.#receiver.hold();
  }

  resume(atMs: number): Effect[] {
    return this.#receiver.resume(atMs);
  }

  close(): Effect[] {
    return [...this.#sender.close(), ...this.#receiver.close()];
  }

  #half(role: FrameRole): Sender | Receiver {
    return role === "data" ? this.#sender : this.#receiver;
  }
}
