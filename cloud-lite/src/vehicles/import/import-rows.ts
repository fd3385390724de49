import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { RowProblem } from "./import-record.ts";

/** One row of a file, read but not yet understood. */
export interface Row {
  /** In the file, from 1; where a row has several, its last. */
  readonly line: number;
  readonly value?: unknown;
  /** Set where the row could not be read at all. */
  readonly problem?: RowProblem;
  /** The column or path that a person knows a field by. */
  fieldName(path: readonly string[]): string;
}

/** Longest row that is read, in bytes. */
export const MAX_ROW_BYTES = 256 * 1024;

const jsonPath = (path: readonly string[]): string => path.join(".");

/** One vehicle in each line, as JSON (application/x-ndjson); empty lines are left out. */
export async function* ndjsonRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  const lines = createInterface({ input: Readable.from(bytes), crlfDelay: Infinity });
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === "") continue;
    if (text.length > MAX_ROW_BYTES) {
      const sentence = `The line has ${text.length} characters; at most ${MAX_ROW_BYTES} are read.`;
      yield { line, problem: { code: "ROW_TOO_LONG", sentence }, fieldName: jsonPath };
      continue;
    }
    try {
      yield { line, value: JSON.parse(text), fieldName: jsonPath };
    } catch (error) {
      const sentence = `The line is not JSON: ${(error as Error).message}.`;
      yield { line, problem: { code: "ROW_NOT_JSON", sentence }, fieldName: jsonPath };
    }
  }
}

/** A list of vehicles that is in memory already; a line is its place, from 1. */
export function* listedRows(values: readonly unknown[]): Generator<Row> {
  for (const [index, value] of values.entries()) yield { line: index + 1, value, fieldName: jsonPath };
}
