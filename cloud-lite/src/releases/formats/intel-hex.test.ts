import { expect, test } from "vitest";
import { intelHexRecords, readIntelHex } from "./intel-hex.ts";
import { lineOfAddress } from "./text-records.ts";

const END = ":00000001FF";
// Intel Hexadecimal Object File Format Specification, revision A: the data record of its examples' form.
const AT_0000 = ":100000000102030405060708090A0B0C0D0E0F1068";
const AT_0010 = ":040010001122334442";

test("U1 data records become blocks, joined where they touch", () => {
  const blocks = readIntelHex([AT_0000, AT_0010, END].join("\n"));
  expect(blocks).toHaveLength(1);
  expect(blocks[0]!.address).toBe(0);
  expect(Buffer.from(blocks[0]!.bytes).toString("hex")).toBe("0102030405060708090a0b0c0d0e0f1011223344");
});

test("U1 extended linear addresses move the records after them", () => {
  // As the micro:bit file has it: UICR words at 0x100010C0, far above the code.
  const text = [AT_0000, ":020000041000EA", ":0410C000FFFFFFFF30", END].join("\r\n");
  expect(readIntelHex(text).map((block) => block.address)).toEqual([0, 0x1000_10c0]);
  expect(lineOfAddress(intelHexRecords(text), 0x1000_10c2)).toBe(3);
});

const bad: [string, string[], number, string][] = [
  ["wrong checksum", [AT_0000, `${AT_0010.slice(0, -2)}43`, END], 2, "its checksum is 43 and should be 42"],
  ["no colon", [AT_0000, AT_0010.slice(1), END], 2, "a record begins with a colon"],
  ["a letter that is no digit", [":0400100011223G4442", END], 1, "no hex digit pair"],
  ["an odd digit", [":040010001122334442F", END], 1, "no hex digit pair"],
  ["cut-off record", [":0400100011223342", END], 1, "announces 4 data bytes and should have 9 bytes, not 8"],
  ["unknown type", [":00000006FA", END], 1, "record type 6 does not exist"],
  ["short extended address", [":0100000410EB", END], 1, "a record of type 4 has 2 data bytes, not 1"],
  ["overlap", [AT_0000, AT_0010, ":01000F00AA46", END], 3, "the bytes at 0xf were given before"],
  [
    "overlap out of order",
    [AT_0010, AT_0000, ":01001300AA42", END],
    3,
    "the bytes at 0x13 were given before",
  ],
  ["data after the end", [AT_0000, END, AT_0010], 3, "it comes after the end-of-file record"],
  ["no end", [AT_0000, AT_0010], 2, "the file ends without an end-of-file record; it was cut off"],
  [
    "beyond 32 bits",
    [":02000004FFFFFC", ":02FFFF00AABB9B", END],
    2,
    "its data end at 0x100000001, beyond 32 bits",
  ],
];

test.each(bad)("U1 Intel HEX with %s is refused with its line", (_name, records, line, reason) => {
  expect(() => readIntelHex(records.join("\n"))).toThrow(
    expect.objectContaining({
      code: "HEX_MALFORMED",
      operands: { line, reason: expect.stringContaining(reason) },
    }),
  );
});
