import type { CanFrame } from "../frame.ts";

/** `sizeof(struct can_frame)` and `sizeof(struct canfd_frame)` (linux/can.h): the length tells the two apart. */
export const CLASSIC_MTU = 16;
export const FD_MTU = 72;

/** Flags in `can_id` (linux/can.h). */
const CAN_EFF_FLAG = 0x8000_0000;
const CAN_RTR_FLAG = 0x4000_0000;
const CAN_ERR_FLAG = 0x2000_0000;
const CAN_SFF_MASK = 0x7ff;
const CAN_EFF_MASK = 0x1fff_ffff;

/** Flags in `canfd_frame.flags`. */
const CANFD_BRS = 0x01;
const CANFD_ESI = 0x02;

const LENGTH_OFFSET = 4;
const FLAGS_OFFSET = 5;
const DATA_OFFSET = 8;
const CLASSIC_DATA_BYTES = 8;

/** The kernel's structures have the byte order of the machine; Node runs on little-endian ones only. */
const LITTLE_ENDIAN = true;

/** What a raw socket delivers. Remote frames are `remote`: nothing here uses them. */
export type KernelFrame =
  | { readonly kind: "data"; readonly frame: CanFrame }
  | { readonly kind: "error"; readonly errorClass: number; readonly data: Uint8Array }
  | { readonly kind: "remote" };

/** `can_id` of a frame. */
export const canId = ({ id, extended }: Pick<CanFrame, "id" | "extended">): number =>
  extended === true ? id + CAN_EFF_FLAG : id;

/**
 * Writes a checked frame as `struct can_frame` or `struct canfd_frame` into `target` (72 bytes).
 * @returns bytes to be sent: 16 or 72.
 */
export function encodeKernelFrame(frame: CanFrame, target: DataView): number {
  const { data, fd = false, brs = false, esi = false } = frame;
  const bytes = new Uint8Array(target.buffer, target.byteOffset, fd ? FD_MTU : CLASSIC_MTU);
  bytes.fill(0);
  target.setUint32(0, canId(frame), LITTLE_ENDIAN);
  target.setUint8(LENGTH_OFFSET, data.length);
  if (fd) target.setUint8(FLAGS_OFFSET, (brs ? CANFD_BRS : 0) | (esi ? CANFD_ESI : 0));
  bytes.set(data, DATA_OFFSET);
  return bytes.length;
}

/** Reads what a raw socket received; `length` is 16 or 72. The data is a copy. */
export function decodeKernelFrame(source: DataView, length: number): KernelFrame {
  const rawId = source.getUint32(0, LITTLE_ENDIAN);
  const fd = length === FD_MTU;
  const limit = fd ? FD_MTU - DATA_OFFSET : CLASSIC_DATA_BYTES;
  const byteCount = Math.min(source.getUint8(LENGTH_OFFSET), limit);
  const start = source.byteOffset + DATA_OFFSET;
  const data = new Uint8Array(source.buffer.slice(start, start + byteCount));
  if ((rawId & CAN_ERR_FLAG) !== 0) return { kind: "error", errorClass: rawId & CAN_EFF_MASK, data };
  if ((rawId & CAN_RTR_FLAG) !== 0) return { kind: "remote" };
  const extended = (rawId & CAN_EFF_FLAG) !== 0;
  const id = rawId & (extended ? CAN_EFF_MASK : CAN_SFF_MASK);
  if (!fd) return { kind: "data", frame: { id, extended, data } };
  const flags = source.getUint8(FLAGS_OFFSET);
  const brs = (flags & CANFD_BRS) !== 0;
  return { kind: "data", frame: { id, extended, data, fd, brs, esi: (flags & CANFD_ESI) !== 0 } };
}

/** One entry of CAN_RAW_FILTER: a frame passes where `id` and the frame's identifier agree in the bits of `mask`. */
export interface CanFilter {
  readonly id: number;
  readonly mask: number;
  readonly extended: boolean;
}

/** `struct can_filter[]`. The format bit is always compared: a standard filter never lets an extended frame in. */
export function encodeFilters(filters: readonly CanFilter[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(filters.length * 8));
  for (const [index, { id, mask, extended }] of filters.entries()) {
    view.setUint32(index * 8, canId({ id, extended }), LITTLE_ENDIAN);
    view.setUint32(index * 8 + 4, mask + CAN_EFF_FLAG + CAN_RTR_FLAG, LITTLE_ENDIAN);
  }
  return new Uint8Array(view.buffer);
}

/** Whether any of the filters lets the frame pass; no filter lets all pass. */
export function passes(filters: readonly CanFilter[], { id, extended = false }: CanFrame): boolean {
  return (
    filters.length === 0 ||
    filters.some((filter) => filter.extended === extended && ((filter.id ^ id) & filter.mask) === 0)
  );
}

/** `struct sockaddr_can` (24 bytes) for a raw socket, or with both identifiers for an ISO-TP one. */
export function encodeAddress(interfaceIndex: number, rxId = 0, txId = 0): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint16(0, 29, LITTLE_ENDIAN); // AF_CAN
  view.setInt32(4, interfaceIndex, LITTLE_ENDIAN);
  view.setUint32(8, rxId, LITTLE_ENDIAN);
  view.setUint32(12, txId, LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

/** An `int` as a socket option takes it. */
export function encodeInt(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}
