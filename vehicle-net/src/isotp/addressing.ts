import type { CanFrame } from "../can/frame.ts";
import { IsoTpOptionError } from "./error.ts";

/**
 * Who talks to whom on one channel (ISO 15765-2:2016 10.3), seen from our side: `tx` and `source` are ours,
 * `rx` and `target` the other's. Identifiers of 29 bits need `extended`; the fixed modes always have 29 bits.
 */
export type IsoTpAddressing =
  | { readonly mode: "normal"; readonly txId: number; readonly rxId: number; readonly extended?: boolean }
  | ({ readonly mode: "normal-fixed" } & FixedAddresses)
  | {
      readonly mode: "extended";
      readonly txId: number;
      readonly rxId: number;
      readonly extended?: boolean;
      readonly sourceAddress: number;
      readonly targetAddress: number;
    }
  | {
      readonly mode: "mixed-11";
      readonly txId: number;
      readonly rxId: number;
      readonly addressExtension: number;
    }
  | ({ readonly mode: "mixed-29"; readonly addressExtension: number } & FixedAddresses);

/**
 * A functional (1 to n) address. The same value serves the tester that sends to it and the ECUs that listen to
 * it; in the fixed modes `sourceAddress` is the tester's.
 */
export type FunctionalAddressing =
  | { readonly mode: "normal"; readonly id: number; readonly extended?: boolean }
  | ({ readonly mode: "normal-fixed" } & FixedAddresses)
  | {
      readonly mode: "extended";
      readonly id: number;
      readonly extended?: boolean;
      readonly targetAddress: number;
    }
  | { readonly mode: "mixed-11"; readonly id: number; readonly addressExtension: number }
  | ({ readonly mode: "mixed-29"; readonly addressExtension: number } & FixedAddresses);

interface FixedAddresses {
  /** N_SA, 0–255. */
  readonly sourceAddress: number;
  /** N_TA, 0–255. */
  readonly targetAddress: number;
  /** 0–7, default 6 (10.3.3). Received frames are accepted with any priority. */
  readonly priority?: number;
}

/** One direction of a channel on the wire: an identifier and, in three modes, an address in the first byte. */
export interface WireAddress {
  readonly id: number;
  readonly extended: boolean;
  /** N_TA (extended) or N_AE (mixed) in the first data byte. */
  readonly addressByte?: number;
}

export interface WireAddresses {
  readonly tx: WireAddress;
  readonly rx: WireAddress;
  /** Bits of a received identifier that count: all but the priority in the fixed modes. */
  readonly rxMask: number;
}

const ALL_29_BITS = 0x1fff_ffff;
const WITHOUT_PRIORITY = 0x03ff_ffff;

/** PDU format of the fixed identifiers (10.3.3, 10.3.5): `0x18` is priority 6 followed by two zero bits. */
const pduFormat = {
  "normal-fixed": { physical: 0xda, functional: 0xdb },
  "mixed-29": { physical: 0xce, functional: 0xcd },
} as const;

/** @throws {IsoTpOptionError} naming the address that is out of range. */
export function physicalAddresses(addressing: IsoTpAddressing): WireAddresses {
  const pair = physicalPair(addressing);
  if (pair.tx.id === pair.rx.id && pair.tx.addressByte === pair.rx.addressByte) {
    throw new IsoTpOptionError("addressing", `both directions use ${describeAddress(pair.tx)}`);
  }
  return pair;
}

function physicalPair(addressing: IsoTpAddressing): WireAddresses {
  switch (addressing.mode) {
    case "normal": {
      const { txId, rxId, extended } = addressing;
      return exact(plain(txId, extended), plain(rxId, extended));
    }
    case "extended": {
      const { txId, rxId, extended, sourceAddress, targetAddress } = addressing;
      return exact(plain(txId, extended, targetAddress), plain(rxId, extended, sourceAddress));
    }
    case "mixed-11": {
      const { txId, rxId, addressExtension } = addressing;
      return exact(plain(txId, false, addressExtension), plain(rxId, false, addressExtension));
    }
    default: {
      const reversed = {
        ...addressing,
        sourceAddress: addressing.targetAddress,
        targetAddress: addressing.sourceAddress,
      };
      return {
        tx: fixed(addressing, "physical"),
        rx: fixed(reversed, "physical"),
        rxMask: WITHOUT_PRIORITY,
      };
    }
  }
}

/** @throws {IsoTpOptionError} naming the address that is out of range. */
export function functionalAddresses(addressing: FunctionalAddressing): WireAddresses {
  switch (addressing.mode) {
    case "normal":
      return exact(plain(addressing.id, addressing.extended));
    case "extended":
      return exact(plain(addressing.id, addressing.extended, addressing.targetAddress));
    case "mixed-11":
      return exact(plain(addressing.id, false, addressing.addressExtension));
    default: {
      const address = fixed(addressing, "functional");
      return { tx: address, rx: address, rxMask: WITHOUT_PRIORITY };
    }
  }
}

/** Whether a frame on the bus is for this channel. */
export function isAddressedTo(addresses: WireAddresses, frame: CanFrame): boolean {
  const { rx, rxMask } = addresses;
  return (
    ((frame.id ^ rx.id) & rxMask) === 0 &&
    (frame.extended === true) === rx.extended &&
    (rx.addressByte === undefined || frame.data[0] === rx.addressByte)
  );
}

/** `0x7E0`, `0x18DA10F1` or, with an address byte, `0x7E0/0x55`: for sentences. */
export function describeAddress(address: WireAddress): string {
  const id = `0x${address.id.toString(16).toUpperCase()}`;
  return address.addressByte === undefined ? id : `${id}/${hexByte(address.addressByte)}`;
}

function exact(tx: WireAddress, rx: WireAddress = tx): WireAddresses {
  return { tx, rx, rxMask: ALL_29_BITS };
}

function plain(id: number, extended = false, addressByte?: number): WireAddress {
  const last = extended ? ALL_29_BITS : 0x7ff;
  if (!Number.isInteger(id) || id < 0 || id > last) {
    const bits = extended ? "29-bit" : "11-bit";
    throw new IsoTpOptionError("addressing", `${id} is not a ${bits} identifier (0–0x${last.toString(16)})`);
  }
  if (addressByte === undefined) return { id, extended };
  return { id, extended, addressByte: byte("address", addressByte) };
}

function fixed(
  addressing: FixedAddresses & { mode: "normal-fixed" | "mixed-29"; addressExtension?: number },
  targetType: "physical" | "functional",
): WireAddress {
  const priority = addressing.priority ?? 6;
  if (!Number.isInteger(priority) || priority < 0 || priority > 7) {
    throw new IsoTpOptionError("addressing", `priority ${priority} is not 0–7`);
  }
  const target = byte("targetAddress", addressing.targetAddress);
  const source = byte("sourceAddress", addressing.sourceAddress);
  const format = pduFormat[addressing.mode][targetType];
  return plain(
    priority * 0x0400_0000 + format * 0x1_0000 + target * 0x100 + source,
    true,
    addressing.addressExtension,
  );
}

function byte(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) {
    throw new IsoTpOptionError("addressing", `${name} ${value} is not a byte (0–255)`);
  }
  return value;
}

function hexByte(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(2, "0")}`;
}
