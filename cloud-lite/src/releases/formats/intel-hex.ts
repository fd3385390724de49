import intelHex from "nrf-intel-hex";
import { Refusal } from "../../refusals.ts";
import type { MemoryBlock } from "./memory.ts";
import { bytesOfDigits, checkPlaces, type DataRecord, hexByte, textLines } from "./text-records.ts";

// Its types describe an ES module; what Node loads is CommonJS, whose default is the class itself.
const MemoryMap = intelHex as unknown as typeof intelHex.default;

/** Record types of the Intel Hexadecimal Object File Format Specification, revision A (1988). */
const TYPE = { data: 0, endOfFile: 1, segmentAddress: 2, segmentStart: 3, linearAddress: 4, linearStart: 5 };
/** Length of the data of each type but `data`, bytes. */
const DATA_BYTES = [undefined, 0, 2, 4, 2, 4] as const;

/**
 * Reads an Intel HEX file: each record is checked here, so that a refusal names its line; the library then puts
 * the bytes together.
 * @throws {Refusal} HEX_MALFORMED with the line: bad record, checksum, overlap, nothing after the end, no end.
 */
export function readIntelHex(text: string): MemoryBlock[] {
  checkPlaces(intelHexRecords(text), malformed);
  try {
    return [...MemoryMap.fromHex(text).join()].map(([address, bytes]) => ({ address, bytes }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("HEX_MALFORMED", { line: 1, reason }, { cause });
  }
}

/** The blocks as an Intel HEX file, with the line ends of Unix. */
export const writeIntelHex = (blocks: readonly MemoryBlock[]): string =>
  `${new MemoryMap(blocks.map(({ address, bytes }) => [address, bytes] as [number, Uint8Array])).asHexString()}\n`;

/**
 * Every data record with its absolute address; checks the form of all records on the way.
 * @throws {Refusal} HEX_MALFORMED
 */
export function* intelHexRecords(text: string): Generator<DataRecord> {
  let base = 0;
  let ended = false;
  let line = 0;
  for (const raw of textLines(text)) {
    line += 1;
    const record = raw.trimEnd();
    if (record === "") continue;
    if (ended) throw malformed(line, "it comes after the end-of-file record");
    const bytes = recordBytes(record, line);
    const offset = (bytes[1]! << 8) | bytes[2]!;
    const type = bytes[3]!;
    const data = bytes.subarray(4, -1);
    const expected = DATA_BYTES[type];
    if (type > TYPE.linearStart) throw malformed(line, `record type ${type} does not exist`);
    if (expected !== undefined && data.length !== expected) {
      throw malformed(line, `a record of type ${type} has ${expected} data bytes, not ${data.length}`);
    }
    if (type === TYPE.endOfFile) ended = true;
    if (type === TYPE.segmentAddress) base = ((data[0]! << 8) | data[1]!) * 0x10;
    if (type === TYPE.linearAddress) base = ((data[0]! << 8) | data[1]!) * 0x1_0000;
    if (type === TYPE.data && data.length > 0) yield { line, address: base + offset, data };
  }
  if (!ended) throw malformed(line, "the file ends without an end-of-file record; it was cut off");
}

function recordBytes(record: string, line: number): Uint8Array {
  if (!record.startsWith(":")) throw malformed(line, "a record begins with a colon");
  const bytes = bytesOfDigits(record.slice(1));
  if (bytes === undefined) throw malformed(line, "it has a character that is no hex digit pair");
  const wanted = (bytes[0] ?? 0) + 5;
  if (bytes.length !== wanted) {
    throw malformed(
      line,
      `it announces ${bytes[0]} data bytes and should have ${wanted} bytes, not ${bytes.length}`,
    );
  }
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
  if (sum !== 0) {
    const found = bytes.at(-1)!;
    throw malformed(line, `its checksum is ${hexByte(found)} and should be ${hexByte((found - sum) & 0xff)}`);
  }
  return bytes;
}

const malformed = (line: number, reason: string): Refusal => new Refusal("HEX_MALFORMED", { line, reason });
