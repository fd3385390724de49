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

/** A checked frame as `struct can_frame` (16 bytes) or `struct canfd_frame` (72 bytes). */
export function encodeKernelFrame(frame: CanFrame): Uint8Array {
  const { data, fd = false, brs = false, esi = false } = frame;
  const id = canId(frame);
  // Byte by byte: short arrays without a buffer of their own cost a tenth of those with one.
  const record = new Uint8Array(fd ? FD_MTU : CLASSIC_MTU);
  record[0] = id;
  record[1] = id >>> 8;
  record[2] = id >>> 16;
  record[3] = id >>> 24;
  record[LENGTH_OFFSET] = data.length;
  if (fd) record[FLAGS_OFFSET] = (brs ? CANFD_BRS : 0) | (esi ? CANFD_ESI : 0);
  for (let index = 0; index < data.length; index += 1) record[DATA_OFFSET + index] = data[index]!;
  return record;
}

/** `can_id` of a record. */
export const recordId = (record: Uint8Array): number =>
  (record[0]! | (record[1]! << 8) | (record[2]! << 16) | (record[3]! << 24)) >>> 0;

/** Reads what a raw socket received; `length` is 16 or 72. The data is a copy. */
export function decodeKernelFrame(record: Uint8Array, length: number): KernelFrame {
  const rawId = recordId(record);
  const fd = length === FD_MTU;
  const limit = fd ? FD_MTU - DATA_OFFSET : CLASSIC_DATA_BYTES;
  const data = new Uint8Array(Math.min(record[LENGTH_OFFSET]!, limit));
  for (let index = 0; index < data.length; index += 1) data[index] = record[DATA_OFFSET + index]!;
  if ((rawId & CAN_ERR_FLAG) !== 0) return { kind: "error", errorClass: rawId & CAN_EFF_MASK, data };
  if ((rawId & CAN_RTR_FLAG) !== 0) return { kind: "remote" };
  const extended = (rawId & CAN_EFF_FLAG) !== 0;
  const id = rawId & (extended ? CAN_EFF_MASK : CAN_SFF_MASK);
  if (!fd) return { kind: "data", frame: { id, extended, data } };
  const flags = record[FLAGS_OFFSET]!;
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
