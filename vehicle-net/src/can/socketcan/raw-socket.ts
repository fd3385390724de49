import { CanError } from "../bus.ts";
import { ALL_ERROR_CLASSES } from "./error-frame.ts";
import type { CanInterface } from "./interface.ts";
import { encodeAddress, encodeInt, FD_MTU } from "./kernel-frame.ts";
import {
  BATCH_SLOTS,
  CAN_RAW,
  CAN_RAW_ERR_FILTER,
  CAN_RAW_FD_FRAMES,
  CAN_RAW_RECV_OWN_MSGS,
  MSG_CONFIRM,
  SLOT_TRAILER_BYTES,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RXQ_OVFL,
  SO_TIMESTAMPNS,
  SOCK_RAW,
  SOL_CAN_RAW,
  SOL_SOCKET,
  type NativeSocket,
  type SocketCanAddon,
  type SocketHandlers,
} from "./native.ts";
import { interfaceDeleted } from "./socketcan-error.ts";

const SLOT_BYTES = FD_MTU + SLOT_TRAILER_BYTES;
/** The kernel charges about 1 kB for a frame: room for a second of a full 500 kbit/s bus. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** A raw CAN socket with all that the driver asks for switched on. */
export class RawSocket {
  readonly #addon: SocketCanAddon;
  readonly #socket: NativeSocket;
  readonly #incoming: DataView;
  readonly #records: readonly Uint8Array[];
  readonly #outgoing = new ArrayBuffer(BATCH_SLOTS * SLOT_BYTES);
  readonly #outgoingBytes = new Uint8Array(this.#outgoing);
  readonly #outgoingView = new DataView(this.#outgoing);

  constructor(addon: SocketCanAddon, socket: NativeSocket, incoming: ArrayBuffer) {
    this.#addon = addon;
    this.#socket = socket;
    this.#incoming = new DataView(incoming);
    this.#records = Array.from(
      { length: BATCH_SLOTS },
      (_, slot) => new Uint8Array(incoming, slot * SLOT_BYTES, FD_MTU),
    );
  }

  /** A frame received: 16 or 72 bytes count, as `length` says. Valid until the handler returns. */
  record(slot: number): Uint8Array {
    return this.#records[slot]!;
  }

  length(slot: number): number {
    return this.#incoming.getUint32(slot * SLOT_BYTES + FD_MTU, true);
  }

  /** The frame is the echo of one that this very socket sent. */
  isOwn(slot: number): boolean {
    return (this.#incoming.getUint32(slot * SLOT_BYTES + FD_MTU + 4, true) & MSG_CONFIRM) !== 0;
  }

  /** How long ago the kernel stamped it, ms. */
  ageMs(slot: number): number {
    return this.#incoming.getFloat64(slot * SLOT_BYTES + FD_MTU + 8, true);
  }

  /** @returns how many the kernel took, or −errno where it took none. */
  send(records: readonly Uint8Array[]): number {
    let offset = 0;
    for (const record of records) {
      this.#outgoingBytes.set(record, offset);
      this.#outgoingView.setUint32(offset + FD_MTU, record.length, true);
      offset += SLOT_BYTES;
    }
    return this.#addon.send(this.#socket, this.#outgoing, records.length);
  }

  awaitWritable(): void {
    this.#addon.awaitWritable(this.#socket);
  }

  setOption(level: number, name: number, value: Uint8Array): number {
    return this.#addon.setOption(this.#socket, level, name, value);
  }

  close(): void {
    this.#addon.close(this.#socket);
  }
}

/** @throws {CanError} `cannot-open` with the errno; `interface-deleted` where it vanished meanwhile. */
export function openRawSocket(
  addon: SocketCanAddon,
  facts: CanInterface,
  handlers: SocketHandlers,
): RawSocket {
  const interfaceIndex = addon.interfaceIndex(facts.name);
  if (interfaceIndex < 0) throw interfaceDeleted(facts.name);
  const incoming = new ArrayBuffer(BATCH_SLOTS * SLOT_BYTES);
  const socket = addon.open(SOCK_RAW, CAN_RAW, incoming, FD_MTU, handlers);
  if (typeof socket === "number") throw cannotOpen(facts.name, -socket);
  const opened = new RawSocket(addon, socket, incoming);
  const required: readonly (readonly [number, number, number])[] = [
    [SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, 1],
    [SOL_CAN_RAW, CAN_RAW_ERR_FILTER, ALL_ERROR_CLASSES],
    [SOL_SOCKET, SO_TIMESTAMPNS, 1],
    [SOL_SOCKET, SO_RXQ_OVFL, 1],
    ...(facts.fd ? [[SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1] as const] : []),
  ];
  let status = 0;
  for (const [level, name, value] of required) status ||= opened.setOption(level, name, encodeInt(value));
  // Beyond net.core.rmem_max only with CAP_NET_ADMIN; without it the kernel gives what it allows.
  if (opened.setOption(SOL_SOCKET, SO_RCVBUFFORCE, encodeInt(RECEIVE_BUFFER_BYTES)) < 0) {
    opened.setOption(SOL_SOCKET, SO_RCVBUF, encodeInt(RECEIVE_BUFFER_BYTES));
  }
  status ||= addon.bind(socket, encodeAddress(interfaceIndex));
  if (status < 0) {
    opened.close();
    throw cannotOpen(facts.name, -status);
  }
  return opened;
}

const cannotOpen = (name: string, errno: number): CanError =>
  new CanError("cannot-open", `The kernel refuses a raw CAN socket on ${name} (errno ${errno}).`, {
    help: "Errno 97 or 93: this kernel has no CAN, try modprobe can_raw. Errno 1: more rights are needed.",
  });
