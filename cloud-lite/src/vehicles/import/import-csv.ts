import { pipeline, Readable } from "node:stream";
import { CsvError, parse, type Info } from "csv-parse";
import { Refusal } from "../../refusals.ts";
import { MAX_ROW_BYTES, type Row } from "./import-rows.ts";

const PLAIN = new Set(["vehicleId", "vin", "model", "trim", "region", "owner", "timeZone"]);
const LISTS = new Set(["groups", "tags"]);
const OF_ECU = /^(?:ecu([1-9]\d{0,2})|gateway)\.(ecuId|name|hardwareId|hardwareRevision|version|sha256)$/;
const ATTRIBUTE = /^attributes\.(.+)$/;

/** Vehicle under construction; ECUs by their number in the header, the gateway as number 0. */
interface Draft {
  readonly fields: Record<string, unknown>;
  readonly attributes: Record<string, string>;
  readonly ecus: Map<number, Record<string, string>>;
}

type Column = (draft: Draft, cell: string) => void;

/**
 * Reads a table with a header (RFC 4180, commas). An empty cell says nothing about its field; an ECU without any
 * cell is not there. Groups and tags are parted by spaces or `|`.
 * @throws {Refusal} IMPORT_HEADER_INVALID
 */
export async function* csvRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: MAX_ROW_BYTES,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  // Errors of the source end the parser with them.
  pipeline(Readable.from(bytes), parser, () => undefined);
  let header: readonly string[] | undefined;
  let columns: readonly Column[] = [];
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      if (header === undefined) {
        header = record;
        columns = readHeader(record);
      } else yield readRow(record, info.lines, header, columns);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Refusal("IMPORT_UNREADABLE", { line: lineOf(error), reason: error.message }, { cause: error });
  }
}

const lineOf = (error: CsvError): number => (typeof error["lines"] === "number" ? error["lines"] : 0);

function readHeader(names: readonly string[]): Column[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Refusal("IMPORT_HEADER_INVALID", { column: twice, reason: "is there twice" });
  return names.map((name) => {
    const column = columnNamed(name);
    if (!column) throw new Refusal("IMPORT_HEADER_INVALID", { column: name, reason: "is not known" });
    return column;
  });
}

function columnNamed(name: string): Column | undefined {
  if (PLAIN.has(name)) return ({ fields }, cell) => (fields[name] = cell);
  if (LISTS.has(name)) return ({ fields }, cell) => (fields[name] = cell.split(/[\s|]+/));
  // What is no number stays text, and is refused as such.
  if (name === "year")
    return ({ fields }, cell) => (fields[name] = /^\d{1,9}$/.test(cell) ? Number(cell) : cell);
  const attribute = ATTRIBUTE.exec(name)?.[1];
  if (attribute !== undefined) return ({ attributes }, cell) => (attributes[attribute] = cell);
  const ofEcu = OF_ECU.exec(name);
  if (!ofEcu) return undefined;
  const number = Number(ofEcu[1] ?? 0);
  const field = ofEcu[2]!;
  return ({ ecus }, cell) => {
    const ecu = ecus.get(number) ?? {};
    ecu[field] = cell;
    ecus.set(number, ecu);
  };
}

function readRow(
  cells: readonly string[],
  line: number,
  header: readonly string[],
  columns: readonly Column[],
): Row {
  const draft: Draft = { fields: {}, attributes: {}, ecus: new Map() };
  const numbers = (): number[] => [...draft.ecus.keys()].filter((number) => number > 0).sort((a, b) => a - b);
  const fieldName = (path: readonly string[]): string => {
    if (path[0] !== "ecus") return path.join(".");
    return [`ecu${numbers()[Number(path[1])] ?? ""}`, ...path.slice(2)].join(".");
  };
  if (cells.length !== header.length) {
    const sentence = `The row has ${cells.length} cells and the header ${header.length}; is a comma not quoted?`;
    return { line, problem: { code: "ROW_WIDTH", sentence }, fieldName };
  }
  for (const [index, cell] of cells.entries()) if (cell !== "") columns[index]!(draft, cell);
  const { fields, attributes, ecus } = draft;
  const value = {
    ...fields,
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(ecus.has(0) ? { gateway: ecus.get(0) } : {}),
    ecus: numbers().map((number) => ecus.get(number)),
  };
  return { line, value, fieldName };
}
