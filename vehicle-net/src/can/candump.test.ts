import fc from "fast-check";
import { expect, test } from "vitest";
import { formatCandumpLine, parseCandumpLine, type CandumpEntry } from "./candump.ts";

const classic = { fd: false, brs: false, esi: false };

// The first line is the example of candump's manual; the FD flags are those of linux/can.h.
const lines: { line: string; entry: CandumpEntry }[] = [
  {
    line: "(1436509052.249713) vcan0 044#2A366C2BBA",
    entry: {
      atMs: 1_436_509_052_249.713,
      channel: "vcan0",
      frame: { ...classic, id: 0x44, extended: false, data: Uint8Array.of(0x2a, 0x36, 0x6c, 0x2b, 0xba) },
    },
  },
  {
    line: "(0000000000.000230) can0 18DA00F1#",
    entry: {
      atMs: 0.23,
      channel: "can0",
      frame: { ...classic, id: 0x18da_00f1, extended: true, data: new Uint8Array(0) },
    },
  },
  {
    line: "(0000000001.500000) can1 7E0##3112233445566778899AABBCC",
    entry: {
      atMs: 1500,
      channel: "can1",
      frame: {
        id: 0x7e0,
        extended: false,
        fd: true,
        brs: true,
        esi: true,
        data: Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc),
      },
    },
  },
  {
    line: "(0000000002.000001) can1 00000044##0FF",
    entry: {
      atMs: 2000.001,
      channel: "can1",
      frame: { ...classic, id: 0x44, extended: true, fd: true, data: Uint8Array.of(0xff) },
    },
  },
];

test.each(lines)("V5 $line is read and written", ({ line, entry }) => {
  expect(parseCandumpLine(line)).toEqual(entry);
  expect(formatCandumpLine(entry)).toBe(line);
});

test("V5 what is written is read again, to the microsecond", () => {
  const anyFrame = fc.record({
    id: fc.integer({ min: 0, max: 0x7ff }),
    extended: fc.boolean(),
    data: fc.uint8Array({ maxLength: 8 }),
    fd: fc.constant(false),
    brs: fc.constant(false),
    esi: fc.constant(false),
  });
  const anyTime = fc.integer({ min: 0, max: 2_000_000_000_000_000 }).map((micros) => micros / 1000);
  fc.assert(
    fc.property(anyFrame, anyTime, (frame, atMs) => {
      const entry = parseCandumpLine(formatCandumpLine({ atMs, channel: "can0", frame }));
      expect(entry?.frame).toEqual(frame);
      expect(Math.abs((entry?.atMs ?? 0) - atMs)).toBeLessThan(0.0011);
    }),
  );
});

test.each([
  ["small digits", "(1436509052.249713) vcan0 7e8#02aa"],
  ["the direction that newer candump adds", "(1436509052.249713) vcan0 7E8#02AA R"],
  ["a raw DLC above 8", "(1436509052.249713) vcan0 7E8#02AA020304050607_C"],
])("V5 %s is understood", (_what, line) => {
  expect(parseCandumpLine(line)).toMatchObject({ frame: { id: 0x7e8, extended: false, fd: false } });
});

test.each([
  ["an empty line", "  "],
  ["a remote frame", "(1436509052.249713) vcan0 044#R8"],
  ["an error message of the driver", "(1436509052.249713) can0 20000004#000C000000006080"],
])("V5 %s is no data frame", (_what, line) => {
  expect(parseCandumpLine(line)).toBeUndefined();
});

test.each([
  "044#2A",
  "(1436509052) vcan0 044#2A",
  "(1436509052.249713) vcan0 44#2A",
  "(1436509052.249713) vcan0 044#2A3",
  "(1436509052.249713) vcan0 044#2G",
  "(1436509052.249713) vcan0 044#000102030405060708",
  "(1436509052.249713) vcan0 044##0000102030405060708",
  "(1436509052.249713) vcan0 FFF#",
])("V5 %j is refused, and named", (line) => {
  expect(() => parseCandumpLine(line)).toThrow(expect.objectContaining({ code: "bad-frame" }));
  expect(() => parseCandumpLine(line)).toThrow(line);
});
