import type { RefusalCode } from "../refusal-code.ts";

/** Where rows are kept. */
export const DB_REFUSALS = {
  STORE_BUSY: {
    status: 503,
    sentence: "The database was too busy with other work to do this in time; nothing was changed.",
    help: "Try again shortly; a write with an Idempotency-Key may be repeated safely.",
  },
  STORE_UNAVAILABLE: {
    status: 503,
    sentence: "The database does not answer; if this was a write, it is not known whether it was done.",
    help: "Try again shortly; a write with an Idempotency-Key may be repeated safely.",
  },
  DATABASE_UNREACHABLE: {
    status: 0,
    sentence: "{database} cannot be used: {reason}.",
    help: "Check --database, that PostgreSQL runs there, and the password (in the URL, PGPASSWORD or ~/.pgpass).",
  },
  DATABASE_UNFIT: {
    status: 0,
    sentence: "{database} does not fit: {reason}.",
    help: "Create it with: createdb --owner=USER --template=template0 --encoding=UTF8 --locale=C NAME (PostgreSQL 15 or later).",
  },
  SCHEMA_NEWER: {
    status: 0,
    sentence: "The database was changed by a newer halfshaft: it has the migration {migration}.",
    help: "Start the newer version, or restore a backup that was made before the upgrade.",
  },
} as const satisfies Record<string, RefusalCode>;
