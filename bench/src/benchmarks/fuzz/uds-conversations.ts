/** Valid conversations between tester and ECU, for the fuzzer to spoil. Requests as bytes. */

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** Programming as ISO 14229-1:2020, annex H, has it; the key is filled in when the seed is known. */
export const FLASH: readonly Uint8Array[] = [
  "22 F1 95",
  "10 03",
  "31 01 02 03",
  "85 02",
  "28 01 01",
  "10 02",
  "27 01",
  "27 02 00 00 00 00",
  "2E F1 5A 20 26 11 21",
  "31 01 FF 00 44 00 00 00 00 00 00 00 20",
  "34 00 44 00 00 00 00 00 00 00 20",
  "36 01 01 02 03 04 05 06 07 08",
  "36 02 11 12 13 14 15 16 17 18",
  "3E 80",
  "36 03 21 22 23 24 25 26 27 28",
  "36 04 31 32 33 34 35 36 37 38",
  "37",
  "31 01 02 02",
  "31 01 AB CD",
  "11 01",
].map(hex);

/** What a workshop asks. */
export const SMALL_TALK: readonly Uint8Array[] = [
  "3E 00",
  "22 F1 90",
  "22 F1 8C F1 95",
  "19 02 FF",
  "10 03",
  "31 01 AB CD",
  "31 03 AB CD",
  "27 01",
  "27 02 00 00 00 00",
  "27 01",
  "27 02 12 34 56 78",
  "14 FF FF FF",
  "85 01",
  "10 83",
  "10 01",
].map(hex);

/** Somebody tries keys. */
export const GUESSED_KEYS: readonly Uint8Array[] = [
  "10 03",
  "27 01",
  "27 02 11 11 11 11",
  "27 01",
  "27 02 22 22 22 22",
  "27 01",
  "27 02 33 33 33 33",
  "27 01",
  "10 01",
  "10 03",
  "27 01",
].map(hex);

/** One of each service, and some that there are not: made-up requests begin like these. */
export const OTHER_REQUESTS: readonly Uint8Array[] = [
  "10",
  "11",
  "14",
  "19",
  "22",
  "23",
  "24",
  "27",
  "28",
  "29",
  "2E",
  "2F",
  "31",
  "34",
  "35",
  "36",
  "37",
  "38",
  "3D",
  "3E",
  "50",
  "7F",
  "83",
  "84",
  "85",
  "86",
  "87",
  "00",
  "BA",
  "FF",
].map(hex);

/** The key to a seed: what simple ECUs do. */
export const keyOf = (seed: Uint8Array): Uint8Array => seed.map((byte) => byte ^ 0x5a);
