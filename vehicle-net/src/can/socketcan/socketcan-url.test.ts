import { expect, test } from "vitest";
import { parseSocketCanUrl } from "./socketcan-url.ts";

test.each([
  ["socketcan:can0", { interfaceName: "can0", filters: [] }],
  [
    "socketcan:vcan0?filter=7E8",
    { interfaceName: "vcan0", filters: [{ id: 0x7e8, mask: 0x7ff, extended: false }] },
  ],
  [
    "socketcan:can1?filter=700:7F0,18DAF110,000007E8",
    {
      interfaceName: "can1",
      filters: [
        { id: 0x700, mask: 0x7f0, extended: false },
        { id: 0x18da_f110, mask: 0x1fff_ffff, extended: true },
        { id: 0x7e8, mask: 0x1fff_ffff, extended: true },
      ],
    },
  ],
])("V1 the URL %s names an interface and its filters", (url, expected) => {
  expect(parseSocketCanUrl(url)).toEqual(expected);
});

test.each([
  ["socketcan:", "names no SocketCAN interface"],
  ["socketcan:a-name-that-is-too-long", "names no SocketCAN interface"],
  ["socketcan:can0?filter=", '"" in socketcan:can0?filter= is no filter'],
  ["socketcan:can0?filter=8FF", '"8FF" in socketcan:can0?filter=8FF is no filter'],
  ["socketcan:can0?filter=7E8:FFFF", '"7E8:FFFF" in'],
])("V1 the URL %s is refused with what is wrong", (url, sentence) => {
  expect(() => parseSocketCanUrl(url)).toThrow(sentence);
});
