import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

declare const socketBrand: unique symbol;
/** A socket of the add-on; only its functions know what it is. */
export type NativeSocket = { readonly [socketBrand]: true };

export interface SocketHandlers {
  /** `count` datagrams stand in the memory; `dropped` were lost so far where the receive buffer was full. */
  received(count: number, dropped: number): void;
  /** An errno that the kernel reported without being asked: ENETDOWN, ENODEV. */
  failed(errno: number): void;
  /** What `awaitWritable` asked for. */
  writable(): void;
}

/**
 * The functions of native/socketcan/socketcan.c. Negative numbers are −errno. Memory is a row of slots: `payload` bytes
 * of datagram, then u32 length, u32 flags of recvmsg, f64 age in ms at the time of reading.
 */
export interface SocketCanAddon {
  open(
    type: number,
    protocol: number,
    memory: ArrayBuffer,
    payload: number,
    handlers: SocketHandlers,
  ): NativeSocket | number;
  setOption(socket: NativeSocket, level: number, name: number, value: Uint8Array): number;
  bind(socket: NativeSocket, address: Uint8Array): number;
  /** How many datagrams of `memory` the kernel took, or −errno of the first. At most 64 at once. */
  send(socket: NativeSocket, memory: ArrayBuffer, count: number): number;
  awaitWritable(socket: NativeSocket): void;
  close(socket: NativeSocket): void;
  interfaceIndex(name: string): number;
}

export const SLOT_TRAILER_BYTES = 16;
export const BATCH_SLOTS = 64;

/** From linux/can.h, linux/can/raw.h, linux/can/isotp.h and asm-generic/socket.h. */
export const SOCK_RAW = 3;
export const SOCK_DGRAM = 2;
export const CAN_RAW = 1;
export const CAN_ISOTP = 6;
export const SOL_SOCKET = 1;
export const SOL_CAN_RAW = 101;
export const SOL_CAN_ISOTP = 106;
export const SO_RCVBUF = 8;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_RXQ_OVFL = 40;
export const CAN_RAW_FILTER = 1;
export const CAN_RAW_ERR_FILTER = 2;
export const CAN_RAW_RECV_OWN_MSGS = 4;
export const CAN_RAW_FD_FRAMES = 5;
/** Set in the flags of recvmsg where the frame is the echo of one that this very socket sent. */
export const MSG_CONFIRM = 0x800;

/** errno of Linux on x86, arm and riscv. */
export const ENXIO = 6;
export const EAGAIN = 11;
export const ENODEV = 19;
export const EINVAL = 22;
export const EMSGSIZE = 90;
export const ENETDOWN = 100;
export const ENOBUFS = 105;

/** Loads the add-on; undefined where it has not been built (native/socketcan/build.sh). */
export function loadAddon(): SocketCanAddon | undefined {
  if (process.platform !== "linux") return undefined;
  const file = new URL(`../../../native/socketcan/dist/socketcan-${process.arch}.node`, import.meta.url);
  try {
    return createRequire(import.meta.url)(fileURLToPath(file)) as SocketCanAddon;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
