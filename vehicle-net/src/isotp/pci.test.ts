import fc from "fast-check";
import { expect, test } from "vitest";
import { fdLengthFor } from "../can/frame-length.ts";
import { bytes, counting, hex } from "./testing.ts";
import {
  decodePdu,
  encodeConsecutiveFrame,
  encodeFirstFrame,
  encodeFlowControl,
  encodeSingleFrame,
  maxSingleFrameBytes,
  type FrameLayout,
} from "./pci.ts";

// Literal frames follow the tables of ISO 15765-2:2016 9.6 (bytes of N_PCI) and 10.4.2 (padding).
const classic: FrameLayout = { txDl: 8, padding: 0xcc };
const unpadded: FrameLayout = { txDl: 8, padding: false };
const withAddress: FrameLayout = { txDl: 8, padding: 0xcc, addressByte: 0xa5 };
const fd64: FrameLayout = { txDl: 64, padding: 0xcc };
const fd12: FrameLayout = { txDl: 12, padding: 0xcc };
const fd64WithAddress: FrameLayout = { txDl: 64, padding: 0xcc, addressByte: 0xa5 };

test.each([
  ["classic, padded", classic, "3E 00", "02 3E 00 CC CC CC CC CC"],
  ["classic, padded with 55", { ...classic, padding: 0x55 }, "3E 00", "02 3E 00 55 55 55 55 55"],
  ["classic, shortest", unpadded, "3E 00", "02 3E 00"],
  ["classic, full", classic, "01 02 03 04 05 06 07", "07 01 02 03 04 05 06 07"],
  ["address byte", withAddress, "01 02 03 04 05 06", "A5 06 01 02 03 04 05 06"],
  ["FD, still in the short form", fd64, "01 02 03 04 05 06 07", "07 01 02 03 04 05 06 07"],
  ["FD, escape", fd64, "01 02 03 04 05 06 07 08", "00 08 01 02 03 04 05 06 07 08 CC CC"],
  ["FD, escape fills 12", fd12, "01 02 03 04 05 06 07 08 09 0A", "00 0A 01 02 03 04 05 06 07 08 09 0A"],
  ["FD, address byte", fd64WithAddress, "01 02 03 04 05 06 07", "A5 00 07 01 02 03 04 05 06 07 CC CC"],
  [
    "FD, forced padding is CC",
    { ...fd64, padding: false },
    "1 2 3 4 5 6 7 8",
    "00 08 01 02 03 04 05 06 07 08 CC CC",
  ],
] as const)("V2 a single frame: %s", (_, layout, message, frame) => {
  const data = encodeSingleFrame(layout, bytes(message));
  expect(hex(data)).toBe(frame);
  const decoded = decodePdu(data, "addressByte" in layout ? 1 : 0);
  expect(decoded).toEqual({ type: "SF", message: bytes(message) });
});

test.each([
  ["20 bytes", classic, 20, "10 14 00 01 02 03 04 05"],
  ["4095 bytes, the most of the short form", classic, 4095, "1F FF 00 01 02 03 04 05"],
  ["4096 bytes, escape", classic, 4096, "10 00 00 00 10 00 00 01"],
  ["65537 bytes, escape", classic, 65_537, "10 00 00 01 00 01 00 01"],
  ["address byte", withAddress, 20, "A5 10 14 00 01 02 03 04"],
  ["address byte, escape", withAddress, 4096, "A5 10 00 00 00 10 00 00"],
  ["FD fills TX_DL", fd12, 20, "10 14 00 01 02 03 04 05 06 07 08 09"],
] as const)("V2 a first frame: %s", (_, layout, length, frame) => {
  const { data, carried } = encodeFirstFrame(layout, counting(length));
  expect(hex(data)).toBe(frame);
  const decoded = decodePdu(data, "addressByte" in layout ? 1 : 0);
  expect(decoded).toEqual({ type: "FF", length, payload: counting(carried), rxDl: layout.txDl });
});

test.each([
  ["full", classic, 1, 7, "21 00 01 02 03 04 05 06"],
  ["the number wraps", classic, 16, 7, "20 00 01 02 03 04 05 06"],
  ["last, padded", classic, 15, 2, "2F 00 01 CC CC CC CC CC"],
  ["last, shortest", unpadded, 2, 2, "22 00 01"],
  ["address byte", withAddress, 3, 6, "A5 23 00 01 02 03 04 05"],
  ["FD, last has the shortest valid DLC", fd64, 4, 9, "24 00 01 02 03 04 05 06 07 08 CC CC"],
  ["FD, last within 8 bytes", fd64, 4, 3, "24 00 01 02 CC CC CC CC"],
] as const)("V2 a consecutive frame: %s", (_, layout, number, length, frame) => {
  expect(hex(encodeConsecutiveFrame(layout, number, counting(length)))).toBe(frame);
});

test.each([
  ["CTS", classic, 0, 8, 0xf1, "30 08 F1 CC CC CC CC CC"],
  ["WAIT", unpadded, 1, 0, 0, "31 00 00"],
  ["OVFLW with an address byte", withAddress, 2, 0, 0, "A5 32 00 00 CC CC CC CC"],
] as const)("V2 a flow control: %s", (_, layout, flowStatus, blockSize, stMin, frame) => {
  const data = encodeFlowControl(layout, flowStatus, blockSize, stMin);
  expect(hex(data)).toBe(frame);
  const decoded = decodePdu(data, "addressByte" in layout ? 1 : 0);
  expect(decoded).toEqual({ type: "FC", flowStatus, blockSize, stMin });
});

// 9.6.2 (SF), 9.6.3 (FF), 9.5 (RX_DL), 9.8.3 (unknown).
test.each([
  ["an empty frame", "", 0],
  ["a frame with nothing but its address byte", "A5", 1],
  ["SF_DL 0", "00 11 22 33 44 55 66 77", 0],
  ["SF_DL 8", "08 11 22 33 44 55 66 77", 0],
  ["SF_DL 7 where the address byte leaves 6", "A5 07 11 22 33 44 55 66", 1],
  ["SF_DL beyond a short frame", "04 11 22 33", 0],
  ["an escaped SF_DL 7 that fits the short form", "00 07 11 22 33 44 55 66 77 88 99 AA", 0],
  ["an escaped SF_DL 6 with an address byte", "A5 00 06 11 22 33 44 55 66 77 88 99", 1],
  ["an escaped SF_DL beyond the frame", "00 0B 11 22 33 44 55 66 77 88 99 AA", 0],
  ["a short SF_DL in an FD frame above 8 bytes", "05 11 22 33 44 55 66 77 88 99 AA BB", 0],
  ["FF_DL 7", "10 07 11 22 33 44 55 66", 0],
  ["FF_DL 6 with an address byte", "A5 10 06 11 22 33 44 55", 1],
  ["FF_DL that a single frame of 12 bytes holds", "10 0A 11 22 33 44 55 66 77 88 99 AA", 0],
  ["a first frame below 8 bytes", "10 14 11 22 33 44 55", 0],
  ["an escaped FF_DL of 4095", "10 00 00 00 0F FF 11 22", 0],
  ["an escaped FF_DL of 0", "10 00 00 00 00 00 11 22", 0],
  ["a flow control without STmin", "30 00", 0],
  ["PCI type 4", "40 11 22 33 44 55 66 77", 0],
  ["PCI type F", "F0 11 22 33 44 55 66 77", 0],
] as const)("V2 a receiver ignores %s", (_, frame, addressLength) => {
  expect(decodePdu(bytes(frame), addressLength)).toBeUndefined();
});

test.each([
  ["FF_DL 8", "10 08 11 22 33 44 55 66", 0, 8],
  ["FF_DL 7 with an address byte", "A5 10 07 11 22 33 44 55", 1, 7],
  ["FF_DL 11 in 12 bytes", "10 0B 11 22 33 44 55 66 77 88 99 AA", 0, 11],
  ["FF_DL 10 in 12 bytes with an address byte", "A5 10 0A 11 22 33 44 55 66 77 88 99", 1, 10],
  ["an escaped FF_DL of 4096", "10 00 00 00 10 00 11 22", 0, 4096],
  ["an escaped FF_DL of 2^32 - 1", "10 00 FF FF FF FF 11 22", 0, 4_294_967_295],
] as const)("V2 a receiver accepts %s", (_, frame, addressLength, length) => {
  expect(decodePdu(bytes(frame), addressLength)).toMatchObject({ type: "FF", length });
});

const anyLayout = fc.record({
  txDl: fc.constantFrom(8, 12, 16, 20, 24, 32, 48, 64),
  padding: fc.oneof(fc.constant(false as const), fc.integer({ min: 0, max: 255 })),
  addressByte: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
});

test("V2 every message that fits one frame comes back from it, in a valid length", () => {
  fc.assert(
    fc.property(anyLayout, fc.uint8Array({ minLength: 1, maxLength: 62 }), (layout, bytes) => {
      const message = bytes.subarray(0, maxSingleFrameBytes(layout));
      const data = encodeSingleFrame(layout, message);
      expect(fdLengthFor(data.length)).toBe(data.length);
      expect(data.length).toBeLessThanOrEqual(layout.txDl);
      expect(decodePdu(data, layout.addressByte === undefined ? 0 : 1)).toEqual({ type: "SF", message });
    }),
  );
});

test("V2 no bytes make the decoder throw or claim more than they hold", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(0 as const, 1 as const),
      (data, address) => {
        const pdu = decodePdu(data, address);
        if (pdu?.type === "SF") expect(pdu.message.length).toBeLessThan(data.length);
        if (pdu?.type === "FF") expect(pdu.length).toBeGreaterThan(pdu.payload.length);
      },
    ),
  );
});
