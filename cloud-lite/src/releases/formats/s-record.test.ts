import { expect, test } from "vitest";
import { readSRecord, sRecords } from "./s-record.ts";
import { lineOfAddress } from "./text-records.ts";

// M68000 Family Programmer's Reference Manual, appendix C.5: the example of an S-record file.
const HEADER = "S00600004844521B";
const AT_0000 = "S1130000285F245F2212226A000424290008237C2A";
const AT_0010 = "S11300100002000800082629001853812341001813";
const AT_0020 = "S113002041E900084E42234300182342000824A952";
const AT_0030 = "S107003000144ED492";
const END = "S9030000FC";
// Built by the same rule.
const AT_1000_0000 = "S30710000000AABB83";
const AT_01_0000 = "S205010000CC2D";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("U1 the example of the manual is one block of 52 bytes", () => {
  const blocks = readSRecord([HEADER, AT_0000, AT_0010, AT_0020, AT_0030, END].join("\r\n"));
  expect(blocks.map(({ address, bytes }) => [address, bytes.length])).toEqual([[0, 52]]);
  expect(hexOf(blocks[0]!.bytes).slice(0, 32)).toBe("285f245f2212226a000424290008237c");
  expect(hexOf(blocks[0]!.bytes).slice(-8)).toBe("00144ed4");
});

test("U1 addresses of 16, 24 and 32 bits give blocks of their own, in order of address", () => {
  const text = [AT_1000_0000, AT_0030, AT_01_0000, "S5030003F9", "S70500000000FA"].join("\n");
  expect(readSRecord(text).map(({ address, bytes }) => [address, hexOf(bytes)])).toEqual([
    [0x30, "00144ed4"],
    [0x1_0000, "cc"],
    [0x1000_0000, "aabb"],
  ]);
  expect(lineOfAddress(sRecords(text), 0x1000_0001)).toBe(1);
});

test("U1 records out of order are joined where they touch", () => {
  const blocks = readSRecord([AT_0010, AT_0000, "S804000000FB"].join("\n"));
  expect(blocks.map(({ address, bytes }) => [address, bytes.length])).toEqual([[0, 32]]);
});

const bad: readonly (readonly [string, readonly string[], number, string])[] = [
  ["wrong checksum", [HEADER, "S107003000144ED493", END], 2, "its checksum is 93 and should be 92"],
  ["no S", [AT_0030.slice(1), END], 1, "a record begins with S"],
  ["a reserved type", ["S4030000FC", END], 1, "record type S4 does not exist"],
  ["a letter that is no digit", ["S107003000144EG492", END], 1, "no hex digit pair"],
  ["a cut-off record", [AT_0030.slice(0, -2), END], 1, "it announces 7 bytes and has 6"],
  ["no room for its address", ["S30400000000FB", END], 1, "it announces 4 bytes and has 5"],
  ["too short an address", ["S304000000FB", END], 1, "S3 needs 5 bytes for address and checksum, not 4"],
  ["nothing but its type", ["S1", END], 1, "no hex digit pair"],
  ["overlap", [AT_0000, AT_0010, "S104001FAA32", END], 3, "the bytes at 0x1f were given before"],
  ["a wrong count", [AT_0000, "S5030002FA", END], 2, "it counts 2 data records, and there are 1 before it"],
  ["data after the end", [AT_0000, END, AT_0010], 3, "it comes after the record that ends the file"],
  ["no end", [AT_0000, AT_0010], 2, "the file ends without an S7, S8 or S9 record; it was cut off"],
  ["data beyond 32 bits", ["S307FFFFFFFFAABB97", END], 1, "its data end at 0x100000001, beyond 32 bits"],
];

test.each(bad)("U1 an S-record with %s is refused with its line", (_name, records, line, reason) => {
  expect(() => readSRecord(records.join("\n"))).toThrow(
    expect.objectContaining({
      code: "SREC_MALFORMED",
      operands: { line, reason: expect.stringContaining(reason) },
    }),
  );
});
