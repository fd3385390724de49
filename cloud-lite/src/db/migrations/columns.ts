import type { Kysely } from "kysely";

/** Columns of a table besides the organisation, which comes first; `?` may be null. */
export type Columns = Readonly<Record<string, "text" | "text?" | "integer" | "integer?">>;

export interface NewTable {
  readonly columns: Columns;
  /** The primary key, after the organisation. */
  readonly key: readonly string[];
}

export interface NewIndex {
  readonly table: string;
  readonly columns: readonly string[];
  readonly unique?: boolean;
}

/** Portable to SQLite and PostgreSQL 15. */
export async function createTable(
  db: Kysely<unknown>,
  table: string,
  { columns, key }: NewTable,
): Promise<void> {
  let create = db.schema.createTable(table).addColumn("organisationId", "text", (c) => c.notNull());
  for (const [name, kind] of Object.entries(columns)) {
    create = create.addColumn(name, columnType(kind), (c) => (kind.endsWith("?") ? c : c.notNull()));
  }
  await create.addPrimaryKeyConstraint(`${table}Key`, ["organisationId", ...key] as never[]).execute();
}

export async function createIndex(db: Kysely<unknown>, name: string, index: NewIndex): Promise<void> {
  const create = db.schema
    .createIndex(name)
    .on(index.table)
    .columns([...index.columns]);
  await (index.unique ? create.unique() : create).execute();
}

/** Adds columns to a table that has rows already: what must not be null needs a default. */
export async function addColumns(
  db: Kysely<unknown>,
  table: string,
  columns: Readonly<Record<string, { kind: Columns[string]; default?: string | number }>>,
): Promise<void> {
  for (const [name, { kind, default: value }] of Object.entries(columns)) {
    await db.schema
      .alterTable(table)
      .addColumn(name, columnType(kind), (c) => {
        const column = kind.endsWith("?") ? c : c.notNull();
        return value === undefined ? column : column.defaultTo(value);
      })
      .execute();
  }
}

/** 64 bits: PostgreSQL's integer is too short for milliseconds. */
const columnType = (kind: Columns[string]): "text" | "bigint" =>
  kind.startsWith("text") ? "text" : "bigint";
