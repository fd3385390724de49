import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanFrame } from "../frame.ts";
import {
  decodeKernelFrame,
  encodeAddress,
  encodeFilters,
  encodeKernelFrame,
  passes,
} from "./kernel-frame.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/gu, ""), "hex"));
// Layout: struct can_frame and struct canfd_frame of linux/can.h on a little-endian machine.
describe("frames as the kernel has them", () => {
  test.each<[string, CanFrame, string]>([
    [
      "a standard frame",
      { id: 0x123, data: bytes("DE AD BE EF") },
      "23 01 00 00 | 04 00 00 00 | DE AD BE EF 00 00 00 00",
    ],
    [
      "a 29-bit frame, with CAN_EFF_FLAG",
      { id: 0x18da_10f1, extended: true, data: bytes("01 02 03 04 05 06 07 08") },
      "F1 10 DA 98 | 08 00 00 00 | 01 02 03 04 05 06 07 08",
    ],
    ["an empty frame", { id: 0, data: bytes("") }, "00 00 00 00 | 00 00 00 00 | 00 00 00 00 00 00 00 00"],
    [
      "an FD frame, with CANFD_BRS and CANFD_ESI",
      { id: 0x7e0, fd: true, brs: true, esi: true, data: bytes("AA BB") },
      `E0 07 00 00 | 02 03 00 00 | AA BB ${"00 ".repeat(62)}`,
    ],
    [
      "an FD frame without bit rate switch",
      { id: 0x7e0, fd: true, data: new Uint8Array(64).fill(0x55) },
      `E0 07 00 00 | 40 00 00 00 | ${"55 ".repeat(64)}`,
    ],
  ])("V1 SocketCAN writes %s", (_, frame, expected) => {
    expect(Buffer.from(encodeKernelFrame(frame)).toString("hex")).toBe(
      expected.replaceAll(/[\s|]/gu, "").toLowerCase(),
    );
  });

  test("V1 SocketCAN reads every frame that it writes", () => {
    const frame = fc.record({
      id: fc.nat(0x7ff),
      extended: fc.boolean(),
      fd: fc.constant(true),
      brs: fc.boolean(),
      esi: fc.boolean(),
      data: fc.uint8Array({ maxLength: 64 }),
    });
    fc.assert(
      fc.property(frame, (sent) => {
        const record = encodeKernelFrame(sent);
        expect(decodeKernelFrame(record, record.length)).toEqual({ kind: "data", frame: sent });
      }),
    );
  });

  test("V1 SocketCAN tells remote frames from data", () => {
    // CAN_RTR_FLAG
    const record = bytes("23 01 00 40 08 00 00 00 00 00 00 00 00 00 00 00");
    expect(decodeKernelFrame(record, 16)).toEqual({ kind: "remote" });
  });

  test("V1 SocketCAN tells error frames from data", () => {
    // CAN_ERR_FLAG with CAN_ERR_BUSOFF
    const record = bytes("40 00 00 20 08 00 00 00 00 00 00 00 00 00 88 00");
    expect(decodeKernelFrame(record, 16)).toEqual({
      kind: "error",
      errorClass: 0x40,
      data: bytes("00 00 00 00 00 00 88 00"),
    });
  });

  test("V1 SocketCAN never reads beyond a frame whose length lies", () => {
    const record = bytes("23 01 00 00 FF 00 00 00 01 02 03 04 05 06 07 08");
    expect(decodeKernelFrame(record, 16)).toMatchObject({ frame: { data: bytes("0102030405060708") } });
  });
});

describe("filters and addresses", () => {
  test("V1 SocketCAN filters compare the frame format too", () => {
    // struct can_filter: can_id, can_mask with CAN_EFF_FLAG | CAN_RTR_FLAG
    expect(encodeFilters([{ id: 0x7e8, mask: 0x7ff, extended: false }])).toEqual(bytes("E8070000 FF0700C0"));
    expect(encodeFilters([{ id: 0x18da_10f1, mask: 0x1fff_ffff, extended: true }])).toEqual(
      bytes("F110DA98 FFFFFFDF"),
    );
  });

  test.each([
    [0x7e8, false, true],
    [0x7e9, false, false],
    [0x7e8, true, false],
    [0x18da_f110, true, true],
    [0x18db_f110, true, false],
  ])("V1 SocketCAN filters decide on id %i, extended %s: %s", (id, extended, passing) => {
    const filters = [
      { id: 0x7e8, mask: 0x7ff, extended: false },
      { id: 0x18da_0000, mask: 0x1fff_0000, extended: true },
    ];
    expect(passes(filters, { id, extended, data: bytes("") })).toBe(passing);
  });

  test("V1 SocketCAN writes an address with both identifiers of ISO-TP", () => {
    // struct sockaddr_can: family 29, interface, rx_id, tx_id
    expect(encodeAddress(3, 0x7e8, 0x7e0)).toEqual(
      bytes("1D00 0000 03000000 E8070000 E0070000 0000000000000000"),
    );
  });
});
