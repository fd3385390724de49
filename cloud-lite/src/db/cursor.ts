import { createHash } from "node:crypto";
import { Type } from "typebox";
import { Refusal } from "../refusals.ts";

/** The same for every list, whether it is asked for by a query string or a body. */
export const Cursor = Type.Optional(
  Type.String({ maxLength: 1000, description: "metadata.nextCursor of the page before, of the same query" }),
);

/** Query of every list. Numbers of a query string are text and are read here, not coerced. */
export const PageQuery = {
  limit: Type.Optional(
    Type.String({
      pattern: "^([1-9]|[1-9]\\d|1\\d\\d|200)$",
      description: "1 to 200, default 50",
      examples: ["50"],
    }),
  ),
  cursor: Cursor,
};

const DEFAULT_LIMIT = 50;

/** What a row is sorted by; null where that is not known. */
export type SortValue = string | number | null;

/** The last row of a page. */
export interface Place {
  readonly id: string;
  /** Null also where rows are in the order of their ids. */
  readonly key: SortValue;
}

export interface Page {
  readonly limit: number;
  /** Id of the last row of the page before; absent on the first page. */
  readonly after?: string;
  /** What that row is sorted by. */
  readonly afterKey?: SortValue;
}

/** A page that a query asks for. */
export interface AskedPage extends Page {
  readonly sort?: string;
  /** Stands for the filters and the order. */
  readonly digest: string;
}

interface ListQuery {
  readonly limit?: string;
  readonly cursor?: string;
  readonly sort?: string;
}

/**
 * @param query all of it: a cursor is good for the filters and the order that it was made with
 * @throws {Refusal} CURSOR_INVALID where the cursor is none of this query
 */
export function readPage(query: ListQuery): AskedPage {
  const { limit, cursor, ...asked } = query;
  const page = {
    limit: limit === undefined ? DEFAULT_LIMIT : Number(limit),
    sort: query.sort,
    digest: digestOf(inOneOrder(asked)),
  };
  if (cursor === undefined) return page;
  const { id, key } = readCursor(page.digest, cursor);
  return { ...page, after: id, afterKey: key };
}

/** Whoever asks may name the filters, and the values of one, in any order. */
const inOneOrder = (asked: object): string[] =>
  Object.entries(asked)
    .map(([name, value]: [string, unknown]) =>
      JSON.stringify([name, ...[value].flat().map(String).sort(byText)]),
    )
    .toSorted(byText);

const byText = (a: string, b: string): number => Number(a > b) - Number(a < b);

/**
 * The last row of the page before in a list that is sorted by numbers.
 * @throws {Refusal} CURSOR_INVALID where the cursor is of another list
 */
export function afterNumber({ after }: Page): number | undefined {
  if (after !== undefined && !/^\d{1,15}$/.test(after)) throw new Refusal("CURSOR_INVALID");
  return after === undefined ? undefined : Number(after);
}

export interface Listed<Row> {
  readonly rows: Row[];
  readonly nextCursor?: string;
}

/** `rows` holds one more than the page where there is a next page. */
export function cutPage<Row>(
  rows: readonly Row[],
  page: AskedPage,
  placeOf: (row: Row) => string | number | Place,
): Listed<Row> {
  const cut = rows.slice(0, page.limit);
  const last = cut.at(-1);
  if (rows.length <= page.limit || last === undefined) return { rows: cut };
  const place = placeOf(last);
  const full = typeof place === "object" ? place : { id: String(place), key: null };
  return { rows: cut, nextCursor: writeCursor(page.digest, full) };
}

/** Stands for a query. */
export const digestOf = (query: unknown): string =>
  createHash("sha256").update(JSON.stringify(query)).digest("base64url").slice(0, 12);

export const writeCursor = (digest: string, { key, id }: Place): string =>
  Buffer.from(JSON.stringify([digest, key, id])).toString("base64url");

/** @throws {Refusal} CURSOR_INVALID where the cursor is none of the query with this digest */
export function readCursor(digest: string, cursor: string): Place {
  const [made, key, id] = parsed(cursor);
  if (made !== digest || !isSortValue(key) || typeof id !== "string" || !isKept(id)) {
    throw new Refusal("CURSOR_INVALID");
  }
  return { key, id };
}

const isSortValue = (value: unknown): value is SortValue =>
  value === null || Number.isSafeInteger(value) || (typeof value === "string" && isKept(value));

/** PostgreSQL has no text with this character. */
const isKept = (text: string): boolean => !text.includes("\u0000");

function parsed(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
