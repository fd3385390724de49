import { CanError } from "../bus.ts";
import type { CanFrame } from "../frame.ts";
import { SlcanError } from "../slcan-error.ts";
import { decodeFrame, encodeFrame, isFrameLine } from "../slcan-frame.ts";
import { SlcanLines } from "../slcan-line.ts";
import type { VirtualBus } from "../virtual-bus.ts";
import type { VirtualNode } from "../virtual-node.ts";
import { SLCAN_DIALECTS, type SlcanDialect, type SlcanDialectName } from "./dialect.ts";

export interface SimulatedAdapterOptions {
  readonly bus: VirtualBus;
  /** Name of its node. */
  readonly name: string;
  readonly dialect: SlcanDialectName;
  /** What hosts call the bit rates of the bus, where its oscillator is off; default: those of the bus. */
  readonly bitrate?: number;
  readonly dataBitrate?: number;
  /** Takes what the adapter says, one byte per character. */
  readonly write: (text: string) => void;
}

/** What an adapter says, each with its end; empty where it keeps silent. */
interface Words {
  readonly version: string;
  readonly details: string;
  readonly ok: string;
  readonly unknown: string;
  readonly full: string;
  readonly busOff: string;
  readonly accepted: (frame: CanFrame) => string;
}

const BELL = "\u0007";
const lawicelAccepted = ({ extended }: CanFrame): string => (extended === true ? "Z\r" : "z\r");
const LAWICEL: Words = {
  version: "V1013\r",
  details: BELL,
  ok: "\r",
  unknown: BELL,
  full: BELL,
  busOff: BELL,
  accepted: lawicelAccepted,
};
const SILENT: Words = {
  version: "b158aa7 github.com/normaldotcom/canable2.git\r",
  details: "",
  ok: "",
  unknown: "",
  full: "",
  busOff: "",
  accepted: () => "",
};

/** LAWICEL manual for V and z; github.com/normaldotcom/canable-fw and canable2-fw; manual of the CANable 2.5 firmware. */
const WORDS: Readonly<Record<SlcanDialectName, Words>> = {
  lawicel: LAWICEL,
  usbtin: { ...LAWICEL, version: "V0101\r", details: "v0108\r" },
  canable1: { ...SILENT, version: "da5f3ee github.com/normaldotcom/canable-fw.git\r" },
  canable2: SILENT,
  "canable2.5": {
    version: "+Board: MksMakerbase\tMCU: STM32G431\tDevID: 1128\tFirmware: 2427156\tSlcan: 104\tClock: 160\r",
    details: "#1\r",
    ok: "#\r",
    unknown: "#1\r",
    full: "#7\r",
    busOff: "#8\r",
    accepted: () => "#\r",
  },
};

/**
 * An adapter as its maker built it, bad manners included, with a node of a virtual bus on its CAN side. A full queue
 * drops: silently where the dialect answers nothing.
 */
export class SimulatedAdapter {
  readonly #options: SimulatedAdapterOptions;
  readonly #dialect: SlcanDialect;
  readonly #words: Words;
  readonly #lines = new SlcanLines();
  readonly #bitrate: number | undefined;
  readonly #dataBitrate: number | undefined;
  /** As the host has set it. */
  #setTo: number | undefined;
  #node: VirtualNode | undefined;
  #hasFeedback: boolean;
  #hasMarkers = false;
  #isSilent = false;
  #lastFrameLine: string | undefined;
  /** Frames that the full queue dropped or refused. */
  dropped = 0;
  /** The fullest that the queue has been. */
  fullest = 0;

  constructor(options: SimulatedAdapterOptions) {
    this.#options = options;
    // The table has every name of the type.
    this.#dialect = SLCAN_DIALECTS.get(options.dialect)!;
    this.#words = WORDS[options.dialect];
    this.#bitrate = options.bitrate ?? options.bus.capabilities.bitrate;
    this.#dataBitrate = options.dataBitrate ?? options.bus.capabilities.dataBitrate;
    this.#hasFeedback = options.dialect !== "canable2.5";
  }

  /** Bytes from the host. */
  push(chunk: Uint8Array): void {
    this.#options.bus.catchUp();
    this.#lines.push(chunk, (line) => {
      if (line === "") this.#repeatLast();
      else if (isFrameLine(line)) this.#transmit(line);
      else this.#say(this.#obey(line));
    });
  }

  /** As unplugged: off the bus, and nothing remembered. */
  close(): void {
    const node = this.#node;
    this.#node = undefined;
    this.#setTo = undefined;
    void node?.close();
  }

  /** Stock CANable firmware takes an empty line for the last frame again. */
  #repeatLast(): void {
    if (this.#dialect.departure === "computed" && this.#lastFrameLine !== undefined) {
      this.#transmit(this.#lastFrameLine);
    }
  }

  #obey(line: string): string {
    const argument = line.slice(1);
    const { ok, unknown } = this.#words;
    switch (line.charAt(0)) {
      case "V":
        return this.#words.version;
      case "v":
        return this.#words.details;
      case "S":
        return this.#setBitrate(argument) ? ok : unknown;
      case "s":
        if (this.#dialect.timing?.form.test(argument) !== true) return unknown;
        this.#setTo = this.#bitrate;
        return ok;
      case "Y": {
        const isKnown = [...this.#dialect.dataBitrates].some(
          ([bitrate, digit]) => digit === argument && bitrate === this.#dataBitrate,
        );
        return isKnown ? ok : unknown;
      }
      case "M":
        return this.#setMode(argument) ? ok : unknown;
      case "O":
        this.#open(this.#isSilent);
        return ok;
      case "L":
        if (!this.#dialect.listen.includes("L")) return unknown;
        this.#open(true);
        return ok;
      case "C": {
        const wasOpen = this.#node !== undefined;
        this.close();
        this.#isSilent = false;
        if (this.#options.dialect !== "canable2.5") return wasOpen ? ok : unknown;
        this.#hasFeedback = false;
        this.#hasMarkers = false;
        return "";
      }
      default:
        return unknown;
    }
  }

  /** Another rate than that of the bus is taken, as a real one does; then nothing gets through. */
  #setBitrate(digit: string): boolean {
    this.#setTo = [...this.#dialect.bitrates].find(([, candidate]) => candidate === digit)?.[0];
    return this.#setTo !== undefined;
  }

  #setMode(letters: string): boolean {
    if (this.#dialect.listen.includes("M1")) this.#isSilent = letters === "1";
    if (this.#options.dialect !== "canable2.5") return this.#dialect.listen.includes("M1");
    this.#hasFeedback ||= letters.includes("F");
    this.#hasMarkers ||= letters.includes("M");
    return true;
  }

  #open(listenOnly: boolean): void {
    const { bus, name } = this.#options;
    if (this.#node !== undefined || this.#setTo !== this.#bitrate) return;
    this.#node = bus.attach(name, { listenOnly });
    this.#node.subscribe((frame) => this.#options.write(`${encodeFrame(frame)}\r`));
  }

  #transmit(line: string): void {
    const node = this.#node;
    const { unknown, full, accepted, busOff } = this.#words;
    this.#lastFrameLine = line;
    if (node === undefined) return this.#say(unknown);
    if (node.queueLength >= this.#dialect.fifo) {
      this.dropped += 1;
      return this.#say(full);
    }
    try {
      const { frame } = decodeFrame(this.#hasMarkers ? line.slice(0, -2) : line);
      const marker = this.#hasMarkers ? line.slice(-2) : undefined;
      node.transmit(frame, (_atMs, error) => {
        if (error === undefined && marker !== undefined) this.#options.write(`M${marker}\r`);
      });
      this.#say(accepted(frame));
    } catch (error) {
      if (!(error instanceof SlcanError || error instanceof CanError)) throw error;
      this.#say(error instanceof CanError && error.code === "bus-off" ? busOff : unknown);
    }
    this.fullest = Math.max(this.fullest, node.queueLength);
  }

  #say(text: string): void {
    const isFeedback = text.startsWith("#");
    if (text !== "" && (!isFeedback || this.#hasFeedback)) this.#options.write(text);
  }
}
