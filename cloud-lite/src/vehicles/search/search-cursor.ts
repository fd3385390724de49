import { digestOf, readCursor as readPlace, writeCursor as writePlace } from "../../db/cursor.ts";
import { Refusal } from "../../refusals.ts";
import type { FleetSearch } from "./search-schema.ts";

/** The last row of a page: its sort value, null where it is not known, and its id. */
export interface Place {
  readonly key: string | number | null;
  readonly vehicleId: string;
}

export const writeCursor = (search: FleetSearch, { key, vehicleId }: Place): string =>
  writePlace(digestOf(search), { key, id: vehicleId });

/** @throws {Refusal} CURSOR_INVALID where the cursor is none of this query */
export function readCursor(search: FleetSearch, cursor: string): Place {
  const { key, id } = readPlace(digestOf(search), cursor);
  if (key !== null && typeof key !== (isNumeric(search) ? "number" : "string")) {
    throw new Refusal("CURSOR_INVALID");
  }
  return { key, vehicleId: id };
}

const isNumeric = ({ sort }: FleetSearch): boolean => sort === "year" || sort === "lastSeenAt";
