import { sql, type RawBuilder, type SelectQueryBuilder } from "kysely";
import { Type } from "typebox";
import { Refusal } from "../refusals.ts";
import { afterNumber, cutPage, type AskedPage, type Listed, type Place, type SortValue } from "./cursor.ts";

/** A column that rows are sorted by: a text by its letters whatever their case, a number, or the ids alone. */
export type SortColumn = { readonly text: string } | { readonly number: string } | "id";

/** What the rows of a list can be sorted by, and then by id. */
export interface Orders<Name extends string = string> {
  /** Unique; ids of rows that are made later are larger. */
  readonly id: string;
  /** The ids are numbers. */
  readonly numbered?: boolean;
  /** By name in the API. */
  readonly by: Readonly<Record<Name, SortColumn>>;
  readonly first: Sort<Name>;
}
type Sort<Name extends string> = Name | `-${Name}`;

/** The parameter of a query string that chooses among them. */
export const sortParameter = <Name extends string>({ by, first }: Orders<Name>) =>
  Type.Optional(
    Type.Enum(
      (Object.keys(by) as Name[]).flatMap((name) => [name, `-${name}` as const]),
      { description: `Default ${first}; with a minus, the other way round. Unknown values come last.` },
    ),
  );

/** A row with its place in the list. */
export type Placed<Row> = Row & { readonly sortId: string | number; readonly sortKey: SortValue };

/**
 * A page of a query, in the order that is asked for.
 * @throws {Refusal} CURSOR_INVALID where the cursor is of another list
 */
export async function listPage<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  page: AskedPage,
  orders: Orders,
): Promise<Listed<Row>> {
  return cutPlaced(await inOrder(query, page, orders), page);
}

/** As `cutPage`; the rows that are left are as they were selected. */
export function cutPlaced<Row>(found: readonly Placed<Row>[], page: AskedPage): Listed<Row> {
  const { rows, nextCursor } = cutPage(found, page, placeOf);
  return { rows: rows.map(withoutPlace), nextCursor };
}

function withoutPlace<Row>(placed: Placed<Row>): Row {
  const { sortId: _, sortKey: __, ...row } = placed;
  return row as Row;
}

export const placeOf = ({ sortId, sortKey }: Placed<unknown>): Place => ({
  id: String(sortId),
  key: sortKey,
});

/**
 * The rows after the last one of the page before, one more than the page holds. No page skips or repeats rows by
 * counting them.
 * @throws {Refusal} CURSOR_INVALID where the cursor is of another list
 */
export async function inOrder<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  page: AskedPage,
  orders: Orders,
): Promise<Placed<Row>[]> {
  const { column, descending } = chosen(orders, page.sort);
  const place = placeAfter(page, column, orders);
  const order: Order = { id: sql.ref(orders.id), key: keyOf(column), descending };
  const rows = await query
    .select([order.id.as("sortId"), (order.key ?? sql<null>`null`).as("sortKey")])
    .$if(place !== undefined, (q) => q.where(isAfter(order, place!)))
    .$if(order.key !== undefined, (q) =>
      q.orderBy(sql`${order.key} is null`).orderBy(order.key!, descending ? "desc" : "asc"),
    )
    .orderBy(order.id, descending ? "desc" : "asc")
    .limit(page.limit + 1)
    .execute();
  return rows as Placed<Row>[];
}

interface Order {
  readonly id: RawBuilder<string | number>;
  /** Absent where the id is all. */
  readonly key?: RawBuilder<SortValue>;
  readonly descending: boolean;
}

function chosen({ by, first }: Orders, sort: string = first): { column: SortColumn; descending: boolean } {
  const descending = sort.startsWith("-");
  return { column: by[descending ? sort.slice(1) : sort]!, descending };
}

/** Both engines lower A to Z alone. */
function keyOf(column: SortColumn): RawBuilder<SortValue> | undefined {
  if (column === "id") return undefined;
  return "text" in column ? sql`lower(${sql.ref(column.text)})` : sql.ref(column.number);
}

function placeAfter(page: AskedPage, column: SortColumn, { numbered = false }: Orders) {
  const { after, afterKey = null } = page;
  if (after === undefined) return undefined;
  const kind = column === "id" ? "null" : "text" in column ? "string" : "number";
  if (afterKey !== null && typeof afterKey !== kind) throw new Refusal("CURSOR_INVALID");
  return { id: numbered ? afterNumber(page)! : after, key: afterKey };
}

/** What is not known comes last, both ways. */
function isAfter(
  { id, key, descending }: Order,
  place: { readonly id: string | number; readonly key: SortValue },
): RawBuilder<boolean> {
  const beyond = descending ? sql`<` : sql`>`;
  const idBeyond = sql<boolean>`${id} ${beyond} ${place.id}`;
  if (key === undefined) return idBeyond;
  if (place.key === null) return sql`(${key} is null and ${idBeyond})`;
  return sql`(${key} is null or ${key} ${beyond} ${place.key} or (${key} = ${place.key} and ${idBeyond}))`;
}
