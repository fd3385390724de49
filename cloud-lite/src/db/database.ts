import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** A database of the cloud, or a transaction in it. */
export type Database = Kysely<Tables>;
