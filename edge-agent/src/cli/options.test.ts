import { expect, test } from "vitest";
import { hexNumber, hexRange, readArguments, readOptions } from "./options.ts";

test.each([
  ["7E0", 0x7e0],
  ["0x7e0", 0x7e0],
  ["0", 0],
])("E12 the hex digits %s are understood", (text, value) => {
  expect(hexNumber("scan", "request", text, 0x7ff)).toBe(value);
});

test.each(["800", "7G0", "", "-1"])("E12 %j is refused where an 11-bit identifier is wanted", (text) => {
  expect(() => hexNumber("scan", "request", text, 0x7ff)).toThrow(
    `--request takes hex digits up to 7FF, not "${text}".`,
  );
});

test("E12 a range has two ends, or one for both, and goes upwards", () => {
  expect(hexRange("scan", "ids", "700-7FF", 0x7ff)).toEqual({ first: 0x700, last: 0x7ff });
  expect(hexRange("scan", "ids", "7E0", 0x7ff)).toEqual({ first: 0x7e0, last: 0x7e0 });
  expect(() => hexRange("scan", "ids", "7FF-700", 0x7ff)).toThrow(/from low to high/);
});

test("E12 a word that no option takes is refused with the verb's help", () => {
  expect(() => readOptions("dtc", ["stray"], {})).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID", help: "See `agent dtc --help`." }),
  );
});

test("E12 words between options are arguments where a verb takes some", () => {
  const { positionals, values } = readArguments("read", ["F195", "--json", "F190"], {
    json: { type: "boolean" },
  });
  expect(positionals).toEqual(["F195", "F190"]);
  expect(values.json).toBe(true);
});
