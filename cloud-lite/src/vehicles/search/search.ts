import { sql, type Expression, type RawBuilder, type SelectQueryBuilder, type SqlBool } from "kysely";
import type { Scope } from "../../access/grants.ts";
import type { Database } from "../../db/database.ts";
import { whereInScope } from "../scope.ts";
import type { Place } from "./search-cursor.ts";
import type { FleetSearch } from "./search-schema.ts";
import type { Fleet, Plan, VehicleExpressions } from "./fleet-query.ts";
import { whereSelected } from "./selection-query.ts";

export interface SearchContext {
  readonly organisationId: string;
  /** UTC ms. */
  readonly at: number;
  readonly scopes: readonly Scope[];
}

type PlaceQuery = SelectQueryBuilder<Fleet, "v", Place>;

export interface PageOfSearch {
  readonly after?: Place;
  readonly limit: number;
  /** So many matches are sorted at once; where there are more, the page is found along the order. */
  readonly gathered?: number;
}

const GATHERED = 500;

/**
 * The places of a page of vehicles that match, `limit` at most, after the last one of the page before. Few matches
 * are gathered by the indexes of their conditions and sorted; where there are many, the fleet is read along the index
 * of the order until the page is full. No page skips rows by counting them.
 */
export async function searchVehicles(
  db: Database,
  search: FleetSearch,
  context: SearchContext,
  { after, limit, gathered = GATHERED }: PageOfSearch,
): Promise<Place[]> {
  const few = isEverything(search) ? undefined : await gather(db, search, context, gathered);
  if (!few) return walk(db, search, context, after, limit);
  return few.filter((place) => !after || compare(search, place, after) > 0).slice(0, limit);
}

const isEverything = ({ selection, q, retired }: FleetSearch): boolean =>
  "all" in selection && q === undefined && !retired;

/** All matches in order, or undefined where there are more than can be sorted at once. */
async function gather(
  db: Database,
  search: FleetSearch,
  context: SearchContext,
  most: number,
): Promise<Place[] | undefined> {
  const matches = matching(db, search, context, "gather");
  // Most lists match many: to look for one too many is cheaper than to read all up to it.
  if (await matches.offset(most).limit(1).executeTakeFirst()) return undefined;
  const places = await matches.limit(most + 1).execute();
  return places.length > most ? undefined : places.toSorted((a, b) => compare(search, a, b));
}

/** The order of `walk`: by key, unknown ones last both ways, then by id in the same direction. */
function compare({ descending }: FleetSearch, a: Place, b: Place): number {
  if ((a.key === null) !== (b.key === null)) return a.key === null ? 1 : -1;
  const byKey = a.key === null || b.key === null ? 0 : compareValues(a.key, b.key);
  return (byKey || compareValues(a.vehicleId, b.vehicleId)) * (descending ? -1 : 1);
}

/** As both databases compare: numbers by value, texts by their bytes in UTF-8. */
const compareValues = (a: string | number, b: string | number): number =>
  typeof a === "number" || typeof b === "number"
    ? Number(a) - Number(b)
    : Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Up to three stretches of the order: the rest with the key of the last row, the keys beyond it, and the vehicles
 * without one. Each is a range of one index, which a single condition over all three would not be.
 */
async function walk(
  db: Database,
  search: FleetSearch,
  context: SearchContext,
  after: Place | undefined,
  limit: number,
): Promise<Place[]> {
  const direction = search.descending ? "desc" : "asc";
  const beyond = search.descending ? "<" : ">";
  const key = `v.${search.sort}` as const;
  const fleet = matching(db, search, context, "probe");
  const places: Place[] = [];
  const read = async (stretch: PlaceQuery): Promise<void> => {
    if (places.length === limit) return;
    places.push(...(await stretch.limit(limit - places.length).execute()));
  };
  const byId = (stretch: PlaceQuery): PlaceQuery => stretch.orderBy("v.vehicleId", direction);
  const restById = (stretch: PlaceQuery): PlaceQuery =>
    byId(after ? stretch.where("v.vehicleId", beyond, after.vehicleId) : stretch);

  if (search.sort === "vehicleId") {
    await read(restById(fleet));
    return places;
  }
  const unknown = fleet.where(key, "is", null);
  if (after?.key === null) {
    await read(restById(unknown));
    return places;
  }
  if (after) await read(restById(fleet.where(key, "=", after.key)));
  const known = after ? fleet.where(key, beyond, after.key) : fleet.where(key, "is not", null);
  await read(byId(known.orderBy(key, direction)));
  await read(byId(unknown));
  return places;
}

function matching(
  db: Database,
  { selection, q, retired, sort }: FleetSearch,
  { organisationId, at, scopes }: SearchContext,
  plan: Plan,
): PlaceQuery {
  const own = db.selectFrom("vehicles as v").where("v.organisationId", "=", organisationId);
  const chosen = whereSelected(own, selection, { organisationId, at, plan }, { retired });
  const found = whereInScope(q === undefined ? chosen : chosen.where((eb) => begins(eb, q)), scopes);
  return found.select((eb) => ["v.vehicleId", eb.ref(`v.${sort}`).as("key")]);
}

/** After every text that begins with this one: the last character there is. */
const endOf = (prefix: string): string => `${prefix}\u{10ffff}`;

/** That the id or the VIN of a vehicle, `v`, begins so. */
const begins = (eb: VehicleExpressions, text: string): Expression<SqlBool> =>
  eb.or([hasBeginning("v.vehicleId", text), vinBegins(eb, text)]);

/** VINs are capitals. */
export function vinBegins(eb: VehicleExpressions, text: string): Expression<SqlBool> {
  const capitals = text.toUpperCase();
  return eb.or([
    hasBeginning("v.vin", text),
    ...(text === capitals ? [] : [hasBeginning("v.vin", capitals)]),
  ]);
}

/** By range, which an index serves. */
export const hasBeginning = (column: string, prefix: string): RawBuilder<SqlBool> =>
  sql`(${sql.ref(column)} >= ${prefix} and ${sql.ref(column)} < ${endOf(prefix)})`;
