import { createHash } from "node:crypto";
import { Refusal } from "../../refusals.ts";
import type { FleetSearch } from "./search-schema.ts";

/** The last row of a page: its sort value, null where it is not known, and its id. */
export interface Place {
  readonly key: string | number | null;
  readonly vehicleId: string;
}

/** Stands for a query: a cursor is good for the query that made it only. */
const digestOf = (search: FleetSearch): string =>
  createHash("sha256").update(JSON.stringify(search)).digest("base64url").slice(0, 12);

export const writeCursor = (search: FleetSearch, { key, vehicleId }: Place): string =>
  Buffer.from(JSON.stringify([digestOf(search), key, vehicleId])).toString("base64url");

/** @throws {Refusal} CURSOR_INVALID where the cursor is none of this query */
export function readCursor(search: FleetSearch, cursor: string): Place {
  const [digest, key, vehicleId] = parsed(cursor);
  const isKey = key === null || typeof key === (isNumeric(search) ? "number" : "string");
  if (digest !== digestOf(search) || !isKey || typeof vehicleId !== "string") {
    throw new Refusal("CURSOR_INVALID");
  }
  return { key: key as Place["key"], vehicleId };
}

const isNumeric = ({ sort }: FleetSearch): boolean => sort === "year" || sort === "lastSeenAt";

function parsed(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
