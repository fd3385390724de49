import type { Clock } from "../../clock/clock.ts";
import { CanError, type BusCapabilities } from "../bus.ts";
import { checkFrame } from "../frame-length.ts";
import type { CanFrame, ReceivedFrame } from "../frame.ts";
import { describeErrorFrame, type BusErrorReport } from "./error-frame.ts";
import type { CanInterface } from "./interface.ts";
import {
  decodeKernelFrame,
  encodeFilters,
  encodeKernelFrame,
  passes,
  recordId,
  type CanFilter,
} from "./kernel-frame.ts";
import { CAN_RAW_FILTER, ENETDOWN, ENODEV, ENXIO, SOL_CAN_RAW, type SocketCanAddon } from "./native.ts";
import { openRawSocket, type RawSocket } from "./raw-socket.ts";
import { SendPump } from "./send-pump.ts";
import type { SocketCanBus } from "./socketcan-bus.ts";
import {
  busOff,
  droppedInQueue,
  interfaceDeleted,
  interfaceDown,
  notExpressible,
} from "./socketcan-error.ts";

interface Subscription<T> {
  readonly receive: (value: T) => void;
}

/** SocketCAN by the add-on: departure times from the echo, no frame lost to a full queue, errors told apart. */
export class RawSocketBus implements SocketCanBus {
  readonly driver = "add-on";
  readonly capabilities: BusCapabilities;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #filters: readonly CanFilter[];
  /** Filtered sockets receive the echo only of identifiers they let in. */
  readonly #echoFilters = new Map<number, CanFilter>();
  readonly #socket: RawSocket;
  readonly #pump: SendPump;
  readonly #listeners = new Set<Subscription<ReceivedFrame>>();
  readonly #errorListeners = new Set<Subscription<BusErrorReport>>();
  #ended: CanError | undefined;
  #isBusOff = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  #droppedFrames = 0;
  #echoesMayBeMissing = false;

  /** @throws {CanError} `cannot-open`, `interface-deleted` */
  constructor(addon: SocketCanAddon, facts: CanInterface, filters: readonly CanFilter[], clock: Clock) {
    const { name, fd, bitrate, dataBitrate } = facts;
    this.capabilities = { fd, bitrate, dataBitrate };
    this.#name = name;
    this.#clock = clock;
    this.#filters = filters;
    this.#socket = openRawSocket(addon, facts, {
      received: (count, dropped) => this.#received(count, dropped),
      failed: (errno) => this.#failed(errno),
      writable: () => this.#pump.resume(),
    });
    this.#pump = new SendPump(name, clock, this.#socket, (errno) => this.#failed(errno));
    if (filters.length > 0) this.#applyFilters();
  }

  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  async send(frame: CanFrame): Promise<number> {
    if (this.#ended !== undefined) throw this.#ended;
    checkFrame(frame);
    if (frame.fd === true && !this.capabilities.fd) throw notExpressible(this.#name);
    if (this.#isBusOff) throw busOff(this.#name);
    this.#admitEcho(frame);
    return this.#pump.push(encodeKernelFrame(frame));
  }

  subscribe(listener: (frame: ReceivedFrame) => void): () => void {
    const subscription = { receive: listener };
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  subscribeErrors(listener: (report: BusErrorReport) => void): () => void {
    const subscription = { receive: listener };
    this.#errorListeners.add(subscription);
    return () => this.#errorListeners.delete(subscription);
  }

  async close(): Promise<void> {
    this.#end(new CanError("closed", `The interface ${this.#name} has been closed.`));
  }

  #received(count: number, dropped: number): void {
    if (dropped > this.#droppedFrames) {
      this.#droppedFrames = dropped;
      this.#echoesMayBeMissing = true;
    }
    const nowMs = this.#clock.now();
    for (let slot = 0; slot < count && this.#ended === undefined; slot += 1) {
      const record = this.#socket.record(slot);
      const atMs = this.#timeOf(nowMs, this.#socket.ageMs(slot));
      if (this.#socket.isOwn(slot)) this.#echoed(record, atMs);
      else this.#deliver(record, this.#socket.length(slot), atMs);
    }
    this.#pump.resume();
  }

  /** The kernel's stamp is of wall time, which may be set; what it says about order is kept. */
  #timeOf(nowMs: number, ageMs: number): number {
    this.#lastMs = Math.max(this.#lastMs, nowMs - Math.max(ageMs, 0));
    return this.#lastMs;
  }

  #echoed(record: Uint8Array, atMs: number): void {
    this.#pump.echoed(record, atMs, (lost) =>
      this.#echoesMayBeMissing ? undefined : droppedInQueue(this.#name, recordId(lost) & 0x1fff_ffff),
    );
    this.#echoesMayBeMissing = false;
  }

  #deliver(record: Uint8Array, length: number, atMs: number): void {
    const received = decodeKernelFrame(record, length);
    if (received.kind === "data" && passes(this.#filters, received.frame)) {
      const frame = { ...received.frame, atMs };
      for (const { receive } of this.#listeners) receive(frame);
    } else if (received.kind === "error") {
      this.#busError(describeErrorFrame(received.errorClass, received.data));
    }
  }

  #busError(report: BusErrorReport): void {
    if (report.kind === "bus-off") {
      this.#isBusOff = true;
      this.#pump.rejectAll(busOff(this.#name), { forget: true });
    } else if (report.kind === "restarted") this.#isBusOff = false;
    for (const { receive } of this.#errorListeners) receive(report);
  }

  /** A down interface may come up again, and the socket then goes on; a deleted one is gone for good. */
  #failed(errno: number): void {
    if (errno === ENETDOWN) {
      this.#isBusOff = false;
      this.#pump.rejectAll(interfaceDown(this.#name), { forget: true });
    } else if (errno === ENODEV || errno === ENXIO) {
      this.#end(interfaceDeleted(this.#name));
    } else if (errno !== 0) {
      this.#end(new CanError("lost-connection", `The kernel reports error ${errno} on ${this.#name}.`));
    }
  }

  #admitEcho(frame: CanFrame): void {
    const { id, extended = false } = frame;
    if (passes(this.#filters, frame)) return;
    const key = extended ? -id - 1 : id;
    if (this.#echoFilters.has(key)) return;
    this.#echoFilters.set(key, { id, extended, mask: extended ? 0x1fff_ffff : 0x7ff });
    this.#applyFilters();
  }

  #applyFilters(): void {
    const filters = encodeFilters([...this.#filters, ...this.#echoFilters.values()]);
    this.#socket.setOption(SOL_CAN_RAW, CAN_RAW_FILTER, filters);
  }

  #end(error: CanError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#listeners.clear();
    this.#errorListeners.clear();
    this.#pump.rejectAll(error, { forget: true });
    this.#pump.close();
    this.#socket.close();
  }
}
