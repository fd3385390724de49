import { Refusal } from "../../refusals.ts";
import type { MemoryBlock } from "./memory.ts";
import { bytesOfDigits, checkPlaces, type DataRecord, hexByte, textLines } from "./text-records.ts";

/**
 * Record types of Motorola's S-record format (M68000 Family Programmer's Reference Manual, appendix C): how many bytes
 * the address has, and what the record is for. Type 4 is reserved.
 */
const TYPES: Readonly<Record<string, { addressBytes: number; kind: "header" | "data" | "count" | "end" }>> = {
  S0: { addressBytes: 2, kind: "header" },
  S1: { addressBytes: 2, kind: "data" },
  S2: { addressBytes: 3, kind: "data" },
  S3: { addressBytes: 4, kind: "data" },
  S5: { addressBytes: 2, kind: "count" },
  S6: { addressBytes: 3, kind: "count" },
  S7: { addressBytes: 4, kind: "end" },
  S8: { addressBytes: 3, kind: "end" },
  S9: { addressBytes: 2, kind: "end" },
};

/**
 * Reads an S-record file into blocks by address, joined where they touch.
 * @throws {Refusal} SREC_MALFORMED with the line: bad record, checksum, count, overlap, nothing after the end, no end.
 */
export function readSRecord(text: string): MemoryBlock[] {
  const records = [...sRecords(text)];
  checkPlaces(records, malformed);
  const runs: DataRecord[][] = [];
  for (const record of records.toSorted((a, b) => a.address - b.address)) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && last.address + last.data.length === record.address) run.push(record);
    else runs.push([record]);
  }
  return runs.map((run) => ({
    address: run[0]!.address,
    bytes: new Uint8Array(Buffer.concat(run.map(({ data }) => data))),
  }));
}

/**
 * Every data record; checks the form of all records on the way.
 * @throws {Refusal} SREC_MALFORMED
 */
export function* sRecords(text: string): Generator<DataRecord> {
  let ended = false;
  let line = 0;
  let count = 0;
  for (const raw of textLines(text)) {
    line += 1;
    const record = raw.trimEnd();
    if (record === "") continue;
    if (ended) throw malformed(line, "it comes after the record that ends the file");
    const { kind, address, data } = parse(record, line);
    if (kind === "end") ended = true;
    if (kind === "count" && address !== count) {
      throw malformed(line, `it counts ${address} data records, and there are ${count} before it`);
    }
    if (kind !== "data") continue;
    count += 1;
    if (data.length > 0) yield { line, address, data };
  }
  if (!ended) throw malformed(line, "the file ends without an S7, S8 or S9 record; it was cut off");
}

function parse(record: string, line: number): { kind: string; address: number; data: Uint8Array } {
  const name = record.slice(0, 2).toUpperCase();
  if (!name.startsWith("S")) throw malformed(line, "a record begins with S");
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) throw malformed(line, `record type ${name} does not exist`);
  const bytes = bytesOfDigits(record.slice(2));
  if (bytes === undefined) throw malformed(line, "it has a character that is no hex digit pair");
  const [announced = 0] = bytes;
  if (bytes.length !== announced + 1) {
    throw malformed(line, `it announces ${announced} bytes and has ${bytes.length - 1}`);
  }
  const { addressBytes, kind } = type;
  if (announced < addressBytes + 1) {
    throw malformed(
      line,
      `${name} needs ${addressBytes + 1} bytes for address and checksum, not ${announced}`,
    );
  }
  // The ones' complement of the sum of all bytes before it.
  const checksum = 0xff - (bytes.subarray(0, -1).reduce((sum, byte) => sum + byte, 0) & 0xff);
  const found = bytes.at(-1)!;
  if (found !== checksum) {
    throw malformed(line, `its checksum is ${hexByte(found)} and should be ${hexByte(checksum)}`);
  }
  const address = bytes.subarray(1, 1 + addressBytes).reduce((value, byte) => value * 0x100 + byte, 0);
  return { kind, address, data: bytes.subarray(1 + addressBytes, -1) };
}

const malformed = (line: number, reason: string): Refusal => new Refusal("SREC_MALFORMED", { line, reason });
