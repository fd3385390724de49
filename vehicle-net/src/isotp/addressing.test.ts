import { expect, test } from "vitest";
import {
  functionalAddresses,
  isAddressedTo,
  physicalAddresses,
  type FunctionalAddressing,
  type IsoTpAddressing,
} from "./addressing.ts";
import { IsoTpOptionError } from "./error.ts";

interface Row {
  readonly name: string;
  readonly addressing: IsoTpAddressing;
  readonly tx: [id: number, extended: boolean, addressByte?: number];
  readonly rx: [id: number, extended: boolean, addressByte?: number];
}

// Identifiers of the fixed modes: ISO 15765-2:2016 10.3.3 and 10.3.5.
const physical: Row[] = [
  {
    name: "normal 11 bits",
    addressing: { mode: "normal", txId: 0x7e0, rxId: 0x7e8 },
    tx: [0x7e0, false],
    rx: [0x7e8, false],
  },
  {
    name: "normal 29 bits",
    addressing: { mode: "normal", txId: 0x1bfc0000, rxId: 0x1bfd0000, extended: true },
    tx: [0x1bfc0000, true],
    rx: [0x1bfd0000, true],
  },
  {
    name: "normal fixed",
    addressing: { mode: "normal-fixed", sourceAddress: 0xf1, targetAddress: 0x10 },
    tx: [0x18da10f1, true],
    rx: [0x18daf110, true],
  },
  {
    name: "normal fixed of priority 3",
    addressing: { mode: "normal-fixed", sourceAddress: 0xf1, targetAddress: 0x10, priority: 3 },
    tx: [0x0cda10f1, true],
    rx: [0x0cdaf110, true],
  },
  {
    name: "extended",
    addressing: { mode: "extended", txId: 0x6f1, rxId: 0x612, sourceAddress: 0xf1, targetAddress: 0x12 },
    tx: [0x6f1, false, 0x12],
    rx: [0x612, false, 0xf1],
  },
  {
    name: "mixed 11 bits",
    addressing: { mode: "mixed-11", txId: 0x7e0, rxId: 0x7e8, addressExtension: 0x99 },
    tx: [0x7e0, false, 0x99],
    rx: [0x7e8, false, 0x99],
  },
  {
    name: "mixed 29 bits",
    addressing: { mode: "mixed-29", sourceAddress: 0xf1, targetAddress: 0x10, addressExtension: 0x99 },
    tx: [0x18ce10f1, true, 0x99],
    rx: [0x18cef110, true, 0x99],
  },
];

test.each(physical)("V2 $name: identifiers of both directions", ({ addressing, tx, rx }) => {
  const addresses = physicalAddresses(addressing);
  expect([addresses.tx.id, addresses.tx.extended, addresses.tx.addressByte]).toEqual([tx[0], tx[1], tx[2]]);
  expect([addresses.rx.id, addresses.rx.extended, addresses.rx.addressByte]).toEqual([rx[0], rx[1], rx[2]]);
});

test.each(physical)("V2 $name: only frames of the other end are accepted", ({ addressing, rx }) => {
  const addresses = physicalAddresses(addressing);
  const [id, extended, addressByte] = rx;
  const data = Uint8Array.of(addressByte ?? 0x02, 0x3e, 0x00);
  expect(isAddressedTo(addresses, { id, extended, data })).toBe(true);
  expect(isAddressedTo(addresses, { id: id ^ 1, extended, data })).toBe(false);
  expect(isAddressedTo(addresses, { id, extended: !extended, data })).toBe(false);
  if (addressByte !== undefined) {
    const other = Uint8Array.of(addressByte ^ 1, 0x3e, 0x00);
    expect(isAddressedTo(addresses, { id, extended, data: other })).toBe(false);
    expect(isAddressedTo(addresses, { id, extended, data: new Uint8Array() })).toBe(false);
  }
});

test("V2 fixed identifiers are accepted with any priority", () => {
  const addresses = physicalAddresses({ mode: "normal-fixed", sourceAddress: 0xf1, targetAddress: 0x10 });
  const frame = { id: 0x00daf110, extended: true, data: Uint8Array.of(0x02, 0x3e, 0x00) };
  expect(isAddressedTo(addresses, frame)).toBe(true);
});

test.each<[string, FunctionalAddressing, number, number | undefined]>([
  ["normal", { mode: "normal", id: 0x7df }, 0x7df, undefined],
  ["normal fixed", { mode: "normal-fixed", sourceAddress: 0xf1, targetAddress: 0x33 }, 0x18db33f1, undefined],
  ["extended", { mode: "extended", id: 0x6f1, targetAddress: 0xdf }, 0x6f1, 0xdf],
  ["mixed 11 bits", { mode: "mixed-11", id: 0x7df, addressExtension: 0x99 }, 0x7df, 0x99],
  [
    "mixed 29 bits",
    { mode: "mixed-29", sourceAddress: 0xf1, targetAddress: 0x33, addressExtension: 0x99 },
    0x18cd33f1,
    0x99,
  ],
])("V2 functional %s: one address for those who send and those who listen", (_, addressing, id, byte) => {
  const { tx, rx } = functionalAddresses(addressing);
  expect([tx.id, tx.addressByte]).toEqual([id, byte]);
  expect(rx).toEqual(tx);
});

test.each<[string, IsoTpAddressing]>([
  ["an identifier beyond 11 bits", { mode: "normal", txId: 0x800, rxId: 0x7e8 }],
  ["an identifier beyond 29 bits", { mode: "normal", txId: 0x2000_0000, rxId: 0, extended: true }],
  ["a fractional identifier", { mode: "normal", txId: 1.5, rxId: 0x7e8 }],
  ["an address beyond a byte", { mode: "normal-fixed", sourceAddress: 0x100, targetAddress: 0 }],
  ["a priority beyond 7", { mode: "normal-fixed", sourceAddress: 1, targetAddress: 0, priority: 8 }],
  ["one address for both directions", { mode: "normal", txId: 0x7e0, rxId: 0x7e0 }],
])("V2 %s is refused", (_, addressing) => {
  expect(() => physicalAddresses(addressing)).toThrow(IsoTpOptionError);
});
