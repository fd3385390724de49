import { fdLengthFor } from "../can/frame-length.ts";

/**
 * Protocol control information (ISO 15765-2:2016 9.6): the four frames and their bytes. Decoding returns `undefined`
 * for whatever the standard tells a receiver to ignore.
 */
export type Pdu = SingleFrame | FirstFrame | ConsecutiveFrame | FlowControl;

export interface SingleFrame {
  readonly type: "SF";
  readonly message: Uint8Array;
}

export interface FirstFrame {
  readonly type: "FF";
  /** FF_DL: bytes of the whole message. */
  readonly length: number;
  readonly payload: Uint8Array;
  /** RX_DL: the CAN_DL of this frame, which all but the last consecutive frame must have (9.5). */
  readonly rxDl: number;
}

export interface ConsecutiveFrame {
  readonly type: "CF";
  /** 0–15. */
  readonly sequenceNumber: number;
  /** With the padding of a last frame. */
  readonly payload: Uint8Array;
  readonly canDl: number;
}

export interface FlowControl {
  readonly type: "FC";
  /** 0 CTS, 1 WAIT, 2 OVFLW; 3–15 are reserved. */
  readonly flowStatus: number;
  readonly blockSize: number;
  /** As coded; `decodeStMin` gives milliseconds. */
  readonly stMin: number;
}

export const flowStatus = { continueToSend: 0, wait: 1, overflow: 2 } as const;

/** How our own frames look. */
export interface FrameLayout {
  /** N_TA or N_AE before the PCI, in the modes that have it. */
  readonly addressByte?: number;
  readonly txDl: number;
  /** Fill byte up to 8 bytes, or `false` for the shortest frame. */
  readonly padding: number | false;
}

const MAX_SHORT_FF_DL = 4095;

/**
 * @param data CAN data of a frame already addressed to us.
 * @param addressLength 1 where the first byte is N_TA or N_AE.
 */
export function decodePdu(data: Uint8Array, addressLength: 0 | 1): Pdu | undefined {
  const pci = data[addressLength];
  if (pci === undefined) return undefined;
  switch (pci >> 4) {
    case 0:
      return decodeSingleFrame(data, addressLength, pci & 0xf);
    case 1:
      return decodeFirstFrame(data, addressLength, pci & 0xf);
    case 2:
      return {
        type: "CF",
        sequenceNumber: pci & 0xf,
        payload: data.subarray(addressLength + 1),
        canDl: data.length,
      };
    case 3:
      return decodeFlowControl(data.subarray(addressLength), pci & 0xf);
    default:
      return undefined; // 9.8.3: a PDU of unknown type is ignored.
  }
}

function decodeSingleFrame(data: Uint8Array, addressLength: number, low: number): SingleFrame | undefined {
  const escaped = data.length > 8;
  const length = escaped ? (data[addressLength + 1] ?? 0) : low;
  const start = addressLength + (escaped ? 2 : 1);
  // 9.6.2: beyond 8 bytes the short field must be 0, and lengths that fit the short form are reserved.
  if (escaped && (low !== 0 || length < 8 - addressLength)) return undefined;
  // 9.6.2: SF_DL 0, or more than the frame holds, is ignored.
  if (length === 0 || start + length > data.length) return undefined;
  return { type: "SF", message: data.slice(start, start + length) };
}

function decodeFirstFrame(data: Uint8Array, addressLength: number, high: number): FirstFrame | undefined {
  if (data.length < 8) return undefined; // 9.5: a first frame fills TX_DL, which is at least 8.
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let length = (high << 8) | view.getUint8(addressLength + 1);
  let start = addressLength + 2;
  if (length === 0) {
    length = view.getUint32(addressLength + 2);
    start = addressLength + 6;
    if (length <= MAX_SHORT_FF_DL) return undefined; // 9.6.3: the escape is for longer messages only.
  }
  // 9.6.3: what a single frame of this CAN_DL could carry must not come in a first frame.
  if (length <= singleFrameCapacity(data.length, addressLength)) return undefined;
  return { type: "FF", length, payload: data.subarray(start), rxDl: data.length };
}

function decodeFlowControl(bytes: Uint8Array, flowStatus: number): FlowControl | undefined {
  const [, blockSize, stMin] = bytes;
  if (blockSize === undefined || stMin === undefined) return undefined;
  return { type: "FC", flowStatus, blockSize, stMin };
}

/** Longest message in one frame of `canDl` bytes. */
export function singleFrameCapacity(canDl: number, addressLength: number): number {
  return canDl > 8 ? canDl - 2 - addressLength : 7 - addressLength;
}

/** Longest message that `encodeSingleFrame` takes. */
export function maxSingleFrameBytes(layout: FrameLayout): number {
  return singleFrameCapacity(layout.txDl, addressLengthOf(layout));
}

/** @param message 1 … `maxSingleFrameBytes(layout)` bytes. */
export function encodeSingleFrame(layout: FrameLayout, message: Uint8Array): Uint8Array {
  const short = message.length <= 7 - addressLengthOf(layout);
  return assemble(layout, short ? [message.length] : [0, message.length], message);
}

/** The first frame of `message`; it always fills TX_DL. `carried` is how many bytes of the message it holds. */
export function encodeFirstFrame(
  layout: FrameLayout,
  message: Uint8Array,
): { readonly data: Uint8Array; readonly carried: number } {
  const { length } = message;
  const pci =
    length <= MAX_SHORT_FF_DL
      ? [0x10 | (length >> 8), length & 0xff]
      : [0x10, 0, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
  const carried = layout.txDl - addressLengthOf(layout) - pci.length;
  return { data: assemble(layout, pci, message.subarray(0, carried)), carried };
}

/** Bytes of the message in one full consecutive frame. */
export function consecutiveFrameBytes(layout: FrameLayout): number {
  return layout.txDl - addressLengthOf(layout) - 1;
}

/** @param chunk at most `consecutiveFrameBytes(layout)` bytes; the last may be shorter. */
export function encodeConsecutiveFrame(
  layout: FrameLayout,
  sequenceNumber: number,
  chunk: Uint8Array,
): Uint8Array {
  return assemble(layout, [0x20 | (sequenceNumber & 0xf)], chunk);
}

/** @param stMin as coded by `encodeStMin`. */
export function encodeFlowControl(
  layout: FrameLayout,
  status: number,
  blockSize: number,
  stMin: number,
): Uint8Array {
  return assemble(layout, [0x30 | status, blockSize, stMin]);
}

function addressLengthOf(layout: FrameLayout): 0 | 1 {
  return layout.addressByte === undefined ? 0 : 1;
}

function assemble(layout: FrameLayout, pci: readonly number[], payload?: Uint8Array): Uint8Array {
  const head = layout.addressByte === undefined ? pci : [layout.addressByte, ...pci];
  const used = head.length + (payload?.length ?? 0);
  const data = new Uint8Array(paddedLength(used, layout.padding));
  data.set(head);
  if (payload !== undefined) data.set(payload, head.length);
  // 10.4.2: where a DLC forces padding, 0xCC costs the fewest stuff bits.
  return data.fill(layout.padding === false ? 0xcc : layout.padding, used);
}

/** 10.4.2.1: up to 8 bytes padding is a choice; beyond, the next length that a DLC can express. */
function paddedLength(used: number, padding: number | false): number {
  return used <= 8 && padding !== false ? 8 : fdLengthFor(used);
}
