import { CanError } from "./bus.ts";
import type { CanFrame, ReceivedFrame } from "./frame.ts";
import { decodeCommand, encodeErrors, encodeState, type SlcanCommand } from "./slcan-codec.ts";
import { SlcanError } from "./slcan-error.ts";
import { encodeFrame } from "./slcan-frame.ts";
import { SlcanLines } from "./slcan-line.ts";
import type { VirtualBus } from "./virtual-bus.ts";
import type { VirtualNode } from "./virtual-node.ts";

const OK = "\r";
const REFUSED = "\u0007";
/** Hardware 1.0, software 1.3: what the LAWICEL manual shows, since hosts parse it as two pairs of digits. */
const VERSION = "V1013";
const SERIAL = "NHUB1";
/** `Z1` stamps count the milliseconds of a minute. */
const TIMESTAMP_WRAP_MS = 60_000;

export interface SlcanAdapterOptions {
  readonly bus: VirtualBus;
  readonly name: string;
  /** Takes what the adapter says, one byte per character. */
  readonly write: (text: string) => void;
  /** Told when a frame has left, so that a source that was paused may go on. */
  readonly onDeparture?: () => void;
  /** Told, in a sentence, what the host does wrong. */
  readonly onNotice?: (sentence: string) => void;
}

/**
 * An SLCAN adapter whose CAN side is a node of a virtual bus: LAWICEL commands with the FD dialect of the CANable 2.
 * Each frame to be sent is answered when it has left the bus, in order: `z` or `Z`, or BEL after a line that says why
 * not (`e1a` nobody acknowledges, `sb…` bus-off).
 */
export class SlcanAdapter {
  readonly #options: SlcanAdapterOptions;
  readonly #lines = new SlcanLines();
  #node: VirtualNode | undefined;
  #timestamps = false;
  /** Why `O` is refused: the host asked for another bit rate. */
  #mismatch: string | undefined;

  constructor(options: SlcanAdapterOptions) {
    this.#options = options;
  }

  /** Frames taken over and not yet sent. */
  get queueLength(): number {
    return this.#node?.queueLength ?? 0;
  }

  /** Bytes from the host. */
  push(chunk: Uint8Array): void {
    // A BEL from a host means nothing; an empty line is its way to end a command left unfinished.
    this.#lines.push(chunk, (line) => {
      if (line !== "") this.#obey(line);
    });
  }

  /** Takes the node off the bus. */
  close(): void {
    const node = this.#node;
    this.#node = undefined;
    void node?.close();
  }

  #obey(line: string): void {
    try {
      this.#perform(decodeCommand(line));
    } catch (error) {
      if (!(error instanceof SlcanError || error instanceof CanError)) throw error;
      if (error instanceof CanError && error.code === "bus-off")
        this.#say(encodeState("bus-off", 0, 256) + OK);
      this.#say(REFUSED);
      this.#options.onNotice?.(error.message);
    }
  }

  #perform(command: SlcanCommand): void {
    switch (command.command) {
      case "transmit":
        this.#transmit(command.frame);
        return;
      case "open":
      case "listen":
        this.#open(command.command === "listen");
        break;
      case "close":
        this.close();
        break;
      case "bitrate":
        this.#expectBitrate(command.bitrates, this.#options.bus.capabilities.bitrate);
        break;
      case "data-bitrate":
        this.#expectBitrate([command.bitrate], this.#options.bus.capabilities.dataBitrate);
        break;
      case "timestamps":
        this.#timestamps = command.on;
        break;
      case "bit-timing":
        // Registers of some controller's clock: taken as meant for this bus.
        break;
      case "version":
        this.#say(VERSION);
        break;
      case "details":
        this.#say(this.#details());
        break;
      case "serial":
        this.#say(SERIAL);
        break;
      case "flags":
        this.#say(this.#node?.isBusOff === true ? "F80" : "F00");
        break;
    }
    this.#say(OK);
  }

  /** Some hosts open twice; that changes nothing. */
  #open(listenOnly: boolean): void {
    if (this.#mismatch !== undefined) throw new CanError("cannot-open", this.#mismatch);
    if (this.#node !== undefined) return;
    this.#node = this.#options.bus.attach(this.#options.name, { listenOnly });
    this.#node.subscribe((frame) => this.#received(frame));
  }

  #expectBitrate(asked: readonly number[], actual: number | undefined): void {
    if (this.#node !== undefined)
      throw new CanError("cannot-open", "A bit rate is set while the bus is closed.");
    this.#mismatch = undefined;
    if (actual !== undefined && asked.includes(actual)) return;
    const runs = actual === undefined ? "is classic CAN without a data phase" : `runs at ${actual} bit/s`;
    this.#mismatch = `The host asks for ${asked.join(" or ")} bit/s, this bus ${runs}.`;
    throw new CanError("cannot-open", this.#mismatch);
  }

  #transmit(frame: CanFrame): void {
    if (this.#node === undefined)
      throw new CanError("closed", "The host sends before it has opened the bus.");
    this.#node.transmit(frame, (_atMs, error) => this.#departed(frame, error));
  }

  #departed(frame: CanFrame, error: CanError | undefined): void {
    if (error === undefined) this.#say(frame.extended === true ? "Z\r" : "z\r");
    else if (error.code === "no-acknowledge") this.#say(encodeErrors("a") + OK + REFUSED);
    else if (error.code === "bus-off") this.#say(encodeState("bus-off", 0, 256) + OK + REFUSED);
    this.#options.onDeparture?.();
  }

  #received(frame: ReceivedFrame): void {
    const stamp = this.#timestamps ? frame.atMs % TIMESTAMP_WRAP_MS : undefined;
    this.#say(encodeFrame(frame, stamp) + OK);
  }

  #details(): string {
    const { bitrate, dataBitrate, fd } = this.#options.bus.capabilities;
    const data = fd ? ` dataBitrate=${dataBitrate ?? bitrate}` : "";
    return `vhalfshaft-hub bitrate=${bitrate}${data}`;
  }

  #say(text: string): void {
    this.#options.write(text);
  }
}
