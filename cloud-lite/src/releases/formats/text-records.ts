/** What Intel HEX and S-record files have in common: lines of hex digits, each with an address, in any order. */

/** A record that carries data, and where it stands. */
export interface DataRecord {
  /** From 1. */
  readonly line: number;
  readonly address: number;
  readonly data: Uint8Array;
}

/** Makes the refusal of one line. */
export type Malformed = (line: number, reason: string) => Error;

const ADDRESS_SPACE = 0x1_0000_0000;

/** Without splitting the whole text into an array: a file may have a million lines. */
export function* textLines(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const newline = text.indexOf("\n", from);
    const to = newline === -1 ? text.length : newline;
    yield text.slice(from, to);
    from = to + 1;
  }
}

/** The bytes of a run of hex digit pairs; undefined where it is none. */
export const bytesOfDigits = (digits: string): Uint8Array | undefined =>
  /^([0-9A-Fa-f]{2})+$/.test(digits) ? new Uint8Array(Buffer.from(digits, "hex")) : undefined;

/** @throws what `malformed` makes for data beyond 32 bits, and for bytes that are given twice */
export function checkPlaces(records: Iterable<DataRecord>, malformed: Malformed): void {
  const covered: { from: number; to: number }[] = [];
  for (const { line, address, data } of records) {
    const to = address + data.length;
    if (to > ADDRESS_SPACE) throw malformed(line, `its data end at ${hex(to)}, beyond 32 bits`);
    // Files are nearly always in order of address: look from the end.
    let place = covered.length;
    while (place > 0 && covered[place - 1]!.from >= to) place -= 1;
    const before = covered[place - 1];
    if (before && before.to > address) {
      throw malformed(line, `the bytes at ${hex(Math.max(address, before.from))} were given before`);
    }
    if (before?.to === address) before.to = to;
    else covered.splice(place, 0, { from: address, to });
  }
}

/** The line of the record that holds an address, for refusals that are found later. */
export function lineOfAddress(records: Iterable<DataRecord>, address: number): number | undefined {
  for (const record of records) {
    if (address >= record.address && address < record.address + record.data.length) return record.line;
  }
  return undefined;
}

export const hex = (value: number): string => `0x${value.toString(16)}`;
export const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, "0");
