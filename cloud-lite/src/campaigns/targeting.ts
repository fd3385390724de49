import type { Scope } from "../access/grants.ts";
import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import { checkSelection, type VehicleSelection } from "../vehicles/search/selection.ts";
import { selectedVehicles } from "../vehicles/search/selection-query.ts";
import { whereInScope } from "../vehicles/scope.ts";

export interface TargetContext {
  readonly organisationId: string;
  /** For conditions such as "seen within a day", UTC ms. */
  readonly at: number;
  /** What the person who asks may see; left out, all of the organisation. */
  readonly scopes?: readonly Scope[];
}

/** Whether a target holds any vehicle now. */
export async function selectsAny(
  db: Database,
  target: VehicleSelection,
  context: TargetContext,
): Promise<boolean> {
  const row = await targeted(db, target, context).select("v.vehicleId").limit(1).executeTakeFirst();
  return row !== undefined;
}

/** A target without the vehicles that it names and that the scopes do not cover. */
export async function targetWithin(
  db: Database,
  target: VehicleSelection,
  context: TargetContext,
): Promise<VehicleSelection> {
  const named = leaves(target);
  const vehicleIds = await presentNames(db, "vehicleId", named.flatMap(vehicleIdsOf), context);
  const vins = await presentNames(db, "vin", named.flatMap(vinsOf), context);
  return keepNamed(target, { vehicleIds, vins });
}

const vehicleIdsOf = (leaf: VehicleSelection) => ("vehicleIds" in leaf ? leaf.vehicleIds : []);
const vinsOf = (leaf: VehicleSelection) => ("vins" in leaf ? leaf.vins : []);

const NOTHING: VehicleSelection = { not: { all: true } };

function keepNamed(
  part: VehicleSelection,
  known: { readonly vehicleIds: ReadonlySet<string>; readonly vins: ReadonlySet<string> },
): VehicleSelection {
  if ("and" in part) return { and: part.and.map((inner) => keepNamed(inner, known)) };
  if ("or" in part) return { or: part.or.map((inner) => keepNamed(inner, known)) };
  if ("not" in part) return { not: keepNamed(part.not, known) };
  if (!("vehicleIds" in part) && !("vins" in part)) return part;
  const kept =
    "vehicleIds" in part
      ? { vehicleIds: part.vehicleIds.filter((name) => known.vehicleIds.has(name)) }
      : { vins: part.vins.filter((name) => known.vins.has(name)) };
  return Object.values(kept)[0]!.length === 0 ? NOTHING : kept;
}

/** The parts of a selection that are joined by and, or and not. */
function leaves(part: VehicleSelection): VehicleSelection[] {
  if ("and" in part) return part.and.flatMap(leaves);
  if ("or" in part) return part.or.flatMap(leaves);
  return "not" in part ? leaves(part.not) : [part];
}

/** Parameters in one SQL statement. */
const NAMES_AT_ONCE = 500;

/**
 * Checks a target when it is written: its size, and that whatever it names is there, not retired and in scope.
 * @throws {Refusal} SELECTION_TOO_LARGE, and VEHICLE_UNKNOWN or VIN_UNKNOWN for the first one that is named and is not
 * there
 */
export async function checkTarget(
  db: Database,
  target: VehicleSelection,
  context: TargetContext,
): Promise<void> {
  checkSelection(target);
  for (const leaf of leaves(target)) {
    if ("vehicleIds" in leaf) {
      const missing = await missingName(db, "vehicleId", leaf.vehicleIds, context);
      if (missing !== undefined) throw new Refusal("VEHICLE_UNKNOWN", { vehicleId: missing });
    }
    if ("vins" in leaf) {
      const missing = await missingName(db, "vin", leaf.vins, context);
      if (missing !== undefined) throw new Refusal("VIN_UNKNOWN", { vin: missing });
    }
  }
}

async function missingName(
  db: Database,
  column: "vehicleId" | "vin",
  names: readonly string[],
  context: TargetContext,
): Promise<string | undefined> {
  const found = await presentNames(db, column, names, context);
  return names.find((name) => !found.has(name));
}

async function presentNames(
  db: Database,
  column: "vehicleId" | "vin",
  names: readonly string[],
  context: TargetContext,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
    const asked = names.slice(from, from + NAMES_AT_ONCE);
    const rows = await targeted(db, { all: true }, context)
      .select(["v.vehicleId", "v.vin"])
      .where(`v.${column}`, "in", asked)
      .execute();
    for (const row of rows) if (row[column] !== null) found.add(row[column]);
  }
  return found;
}

/** All vehicles of a target, each once, in order of id. */
export async function targetedVehicles(
  db: Database,
  target: VehicleSelection,
  context: TargetContext,
): Promise<string[]> {
  const rows = await targeted(db, target, context).select("v.vehicleId").orderBy("v.vehicleId").execute();
  return rows.map((row) => row.vehicleId);
}

/** The next vehicles of a target after one of them, in order of id: for work that goes through many in steps. */
export async function targetedAfter(
  db: Database,
  target: VehicleSelection,
  context: TargetContext,
  { after, limit }: { after?: string; limit: number },
): Promise<string[]> {
  const rows = await targeted(db, target, context)
    .select("v.vehicleId")
    .$if(after !== undefined, (q) => q.where("v.vehicleId", ">", after!))
    .orderBy("v.vehicleId")
    .limit(limit)
    .execute();
  return rows.map((row) => row.vehicleId);
}

/** The vehicles of a target, as `v`, to select and count as needed. */
export function targeted(db: Database, target: VehicleSelection, { scopes, ...context }: TargetContext) {
  const query = selectedVehicles(db, target, context);
  return scopes ? whereInScope(query, scopes) : query;
}
