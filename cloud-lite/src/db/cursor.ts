import { Type } from "typebox";
import { Refusal } from "../refusals.ts";

/** Query of every list. Numbers of a query string are text and are read here, not coerced. */
export const PageQuery = {
  limit: Type.Optional(
    Type.String({ pattern: "^([1-9]|[1-9]\\d|1\\d\\d|200)$", description: "1 to 200, default 50" }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 200, description: "metadata.nextCursor of the page before" }),
  ),
};

const DEFAULT_LIMIT = 50;

export interface Page {
  readonly limit: number;
  /** Key of the last row of the page before; absent on the first page. */
  readonly after?: string;
}

/** @throws {Refusal} CURSOR_INVALID where the cursor is not one of ours. */
export function readPage(query: { limit?: string; cursor?: string }): Page {
  const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit);
  if (query.cursor === undefined) return { limit };
  const text = Buffer.from(query.cursor, "base64url").toString("utf8");
  if (!/^after:[\w.-]{1,100}$/.test(text)) throw new Refusal("CURSOR_INVALID");
  return { limit, after: text.slice("after:".length) };
}

/** `rows` holds one more than the page where there is a next page. */
export function cutPage<Row>(
  rows: readonly Row[],
  page: Page,
  key: (row: Row) => string | number,
): { rows: Row[]; nextCursor?: string } {
  const cut = rows.slice(0, page.limit);
  const last = cut.at(-1);
  if (rows.length <= page.limit || last === undefined) return { rows: cut };
  return { rows: cut, nextCursor: Buffer.from(`after:${key(last)}`).toString("base64url") };
}
