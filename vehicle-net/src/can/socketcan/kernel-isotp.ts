import type { Clock } from "../../clock/clock.ts";
import { CanError } from "../bus.ts";
import { canId, encodeAddress } from "./kernel-frame.ts";
import {
  CAN_ISOTP,
  EAGAIN,
  SLOT_TRAILER_BYTES,
  SOCK_DGRAM,
  SOL_CAN_ISOTP,
  type NativeSocket,
  type SocketCanAddon,
} from "./native.ts";

export interface KernelIsoTpOptions {
  readonly interfaceName: string;
  readonly txId: number;
  readonly rxId: number;
  readonly extended?: boolean;
  /** TX_DL: 8 (classic frames, the default), or 12 to 64 (FD frames with bit rate switch). */
  readonly txDl?: number;
  /** BS and STmin (as coded) that the kernel announces. */
  readonly blockSize?: number;
  readonly stMin?: number;
}

/** ISO-TP as the Linux kernel does it (can-isotp): an implementation that shares nothing with ours. */
export interface KernelIsoTp {
  /** Resolves when the kernel has taken the message; it tells nobody here whether it arrived. */
  send(message: Uint8Array): Promise<void>;
  /** Resolves with the next message; messages queue up. Rejects with what the kernel reports, ETIMEDOUT for instance. */
  receive(): Promise<Uint8Array>;
  close(): void;
}

/** can-isotp of Linux 6.1 takes 8300 bytes at most (MAX_MSG_LENGTH). */
const PAYLOAD_BYTES = 8304;
const RETRY_MS = 2;

/** Option names (linux/can/isotp.h). */
const CAN_ISOTP_OPTS = 1;
const CAN_ISOTP_RECV_FC = 2;
const CAN_ISOTP_LL_OPTS = 5;

/** CAN_ISOTP_TX_PADDING | CAN_ISOTP_DYN_FC_PARMS: BS and STmin of every flow control count, as the standard says. */
const FLAGS = 0x0004 | 0x2000;
const PADDING = 0xcc;
const FD_MTU = 72;
const CLASSIC_MTU = 16;
const CANFD_BRS = 1;

/**
 * Opens a kernel ISO-TP socket; needs the add-on.
 * @throws {CanError} `cannot-open` with the errno.
 */
export function openKernelIsoTp(
  addon: SocketCanAddon,
  clock: Clock,
  options: KernelIsoTpOptions,
): KernelIsoTp {
  const { interfaceName, txId, rxId, extended, txDl = 8, blockSize = 0, stMin = 0 } = options;
  const interfaceIndex = addon.interfaceIndex(interfaceName);
  const memory = new ArrayBuffer(PAYLOAD_BYTES + SLOT_TRAILER_BYTES);
  const received = new MessageQueue();
  const socket = addon.open(SOCK_DGRAM, CAN_ISOTP, memory, PAYLOAD_BYTES, {
    received: () =>
      received.push(new Uint8Array(memory.slice(0, new DataView(memory).getUint32(PAYLOAD_BYTES, true)))),
    failed: (errno) =>
      received.push(new CanError("lost-connection", `The kernel's ISO-TP reports error ${errno}.`)),
    writable: () => undefined,
  });
  if (typeof socket === "number") throw cannotOpen(interfaceName, -socket);
  // struct can_isotp_options, can_isotp_fc_options, can_isotp_ll_options
  const general = new Uint8Array(12);
  new DataView(general.buffer).setUint32(0, FLAGS, true);
  general.set([0, PADDING, PADDING, 0], 8);
  const linkLayer = txDl > 8 ? [FD_MTU, txDl, CANFD_BRS] : [CLASSIC_MTU, 8, 0];
  const address = encodeAddress(interfaceIndex, canId({ id: rxId, extended }), canId({ id: txId, extended }));
  const status =
    addon.setOption(socket, SOL_CAN_ISOTP, CAN_ISOTP_OPTS, general) ||
    addon.setOption(socket, SOL_CAN_ISOTP, CAN_ISOTP_RECV_FC, Uint8Array.of(blockSize, stMin, 0)) ||
    addon.setOption(socket, SOL_CAN_ISOTP, CAN_ISOTP_LL_OPTS, Uint8Array.from(linkLayer)) ||
    addon.bind(socket, address);
  if (status < 0) {
    addon.close(socket);
    throw cannotOpen(interfaceName, -status);
  }
  return {
    send: (message) => sendMessage(addon, socket, clock, message),
    receive: () => received.next(),
    close: () => addon.close(socket),
  };
}

/** The kernel takes one message at a time, and 6.1 does not tell when it has room again. */
async function sendMessage(
  addon: SocketCanAddon,
  socket: NativeSocket,
  clock: Clock,
  message: Uint8Array,
): Promise<void> {
  const slot = new ArrayBuffer(PAYLOAD_BYTES + SLOT_TRAILER_BYTES);
  new Uint8Array(slot).set(message);
  new DataView(slot).setUint32(PAYLOAD_BYTES, message.length, true);
  for (;;) {
    const taken = addon.send(socket, slot, 1);
    if (taken > 0) return;
    if (taken !== -EAGAIN)
      throw new CanError("lost-connection", `The kernel's ISO-TP refuses with error ${-taken}.`);
    await clock.sleep(RETRY_MS);
  }
}

/** What the kernel delivered and nobody has read yet, or readers that wait for it. */
class MessageQueue {
  readonly #outcomes: (Uint8Array | CanError)[] = [];
  readonly #readers: PromiseWithResolvers<Uint8Array>[] = [];

  push(outcome: Uint8Array | CanError): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#outcomes.push(outcome);
    else if (outcome instanceof CanError) reader.reject(outcome);
    else reader.resolve(outcome);
  }

  async next(): Promise<Uint8Array> {
    const outcome = this.#outcomes.shift();
    if (outcome instanceof CanError) throw outcome;
    if (outcome !== undefined) return outcome;
    const reader = Promise.withResolvers<Uint8Array>();
    this.#readers.push(reader);
    return reader.promise;
  }
}

const cannotOpen = (name: string, errno: number): CanError =>
  new CanError("cannot-open", `The kernel opens no ISO-TP socket on ${name} (errno ${errno}).`, {
    help: "Errno 93 or 94: this kernel has no can-isotp, try modprobe can-isotp. Errno 19: no such interface.",
  });
