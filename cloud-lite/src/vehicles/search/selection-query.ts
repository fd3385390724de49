import type { Expression, ExpressionBuilder, Nullable, SelectQueryBuilder, SqlBool } from "kysely";
import type { Database } from "../../db/database.ts";
import { versionKey } from "../../releases/version-key.ts";
import type { Fleet, FleetQuery, SelectionContext, VehicleExpressions } from "./fleet-query.ts";
import type { EcuVersionBounds, PresenceFact, SeenBounds, VehicleSelection } from "./selection.ts";
import { statusIs } from "./status.ts";

type Condition = Expression<SqlBool>;

/** The vehicles of a selection, without the retired ones, as `v`; select columns and order as needed. */
export function selectedVehicles(
  db: Database,
  selection: VehicleSelection,
  context: SelectionContext,
): FleetQuery {
  const vehicles = db.selectFrom("vehicles as v").where("v.organisationId", "=", context.organisationId);
  return whereSelected(vehicles, selection, context);
}

/**
 * Narrows a query over the vehicles of one organisation to those of a selection; never to a retired one, but where
 * exactly those are looked for.
 */
export function whereSelected<Output>(
  query: FleetQuery<Output>,
  selection: VehicleSelection,
  context: SelectionContext,
  { retired }: { retired: boolean } = { retired: false },
): FleetQuery<Output> {
  return query
    .where("v.retiredAt", retired ? "is not" : "is", null)
    .where((eb) => selected(eb, selection, { plan: "probe", ...context }));
}

type Context = Required<SelectionContext>;

function selected(eb: VehicleExpressions, part: VehicleSelection, context: Context): Condition {
  if ("and" in part) return eb.and(part.and.map((inner) => selected(eb, inner, context)));
  if ("or" in part) return eb.or(part.or.map((inner) => selected(eb, inner, context)));
  // What is not known fulfils nothing: SQL would say "perhaps", also to the opposite.
  if ("not" in part) return eb.not(eb.fn.coalesce(selected(eb, part.not, context), eb.lit(false)));
  if ("all" in part) return eb.lit(true);
  if ("vehicleIds" in part) return eb("v.vehicleId", "in", part.vehicleIds);
  if ("vins" in part) return eb("v.vin", "in", part.vins);
  if ("models" in part) return eb("v.model", "in", part.models);
  if ("trims" in part) return eb("v.trim", "in", part.trims);
  if ("regions" in part) return eb("v.region", "in", part.regions);
  if ("owners" in part) return eb("v.owner", "in", part.owners);
  if ("years" in part) return within(eb, "v.year", part.years.from, part.years.to, "<=");
  if ("status" in part) return eb.or(part.status.map((status) => statusIs(eb, status, context)));
  if ("presence" in part) return eb.or(part.presence.map((fact) => presenceIs(eb, fact)));
  if ("lastSeen" in part) return seen(eb, part.lastSeen, context.at);
  if ("inSync" in part) return part.inSync ? inSync(eb) : runsOther(eb);
  return member(eb, part, context);
}

function within(
  eb: VehicleExpressions,
  column: "v.year" | "v.lastSeenAt",
  from: number | undefined,
  to: number | undefined,
  upTo: "<" | "<=",
): Condition {
  const bounds: Condition[] = [eb(column, "is not", null)];
  if (from !== undefined) bounds.push(eb(column, ">=", from));
  if (to !== undefined) bounds.push(eb(column, upTo, to));
  return eb.and(bounds);
}

function seen(eb: VehicleExpressions, { after, before, withinMs }: SeenBounds, at: number): Condition {
  const from = Math.max(after ?? 0, withinMs === undefined ? 0 : at - withinMs);
  return within(eb, "v.lastSeenAt", from, before, "<");
}

const presenceIs = (eb: VehicleExpressions, fact: PresenceFact): Condition =>
  fact === "unknown" ? eb("v.presence", "is", null) : eb("v.presence", "=", fact);

/** There was a last job, and every ECU of it reports what the job was to bring. */
const inSync = (eb: VehicleExpressions): Condition =>
  eb.and([
    eb("v.desiredJobId", "is not", null),
    eb.not(eb.exists(ecusOfLastJob(eb).where((on) => on.or([differs(on), isUntold(on)])))),
  ]);

/** There was a last job, and some ECU of it reports something else. */
const runsOther = (eb: VehicleExpressions): Condition => eb.exists(ecusOfLastJob(eb).where(differs));

const ecusOfLastJob = (eb: VehicleExpressions) =>
  eb
    .selectFrom("jobEcus as wanted")
    .leftJoin("ecus as found", (join) =>
      join
        .onRef("found.organisationId", "=", "wanted.organisationId")
        .onRef("found.ecuId", "=", "wanted.ecuId")
        .onRef("found.vehicleId", "=", "v.vehicleId"),
    )
    .select("wanted.ecuId")
    .whereRef("wanted.organisationId", "=", "v.organisationId")
    .whereRef("wanted.jobId", "=", "v.desiredJobId");

type WantedExpressions = ExpressionBuilder<
  { wanted: Fleet["jobEcus"]; found: Nullable<Fleet["ecus"]> },
  "wanted" | "found"
>;

/** The version counts where a digest is not known, as in the twin. */
const differs = (on: WantedExpressions): Condition =>
  on.or([
    on("found.imageSha256", "!=", on.ref("wanted.sha256")),
    on.and([on("found.imageSha256", "is", null), on("found.version", "!=", on.ref("wanted.version"))]),
  ]);

const isUntold = (on: WantedExpressions): Condition =>
  on.and([on("found.imageSha256", "is", null), on("found.version", "is", null)]);

type MemberCondition = Extract<
  VehicleSelection,
  | { groups: unknown }
  | { tags: unknown }
  | { hardwareIds: unknown }
  | { ecuVersion: unknown }
  | { attribute: unknown }
>;

/** What is kept in a table of its own: the vehicle has a row there. */
function member(eb: VehicleExpressions, part: MemberCondition, context: Context): Condition {
  const rows = memberRows(eb, part).where("m.organisationId", "=", context.organisationId);
  return context.plan === "gather"
    ? eb("v.vehicleId", "in", rows.select("m.vehicleId"))
    : eb.exists(rows.select("m.vehicleId").whereRef("m.vehicleId", "=", "v.vehicleId"));
}

/** What every such table has. */
type MemberRows = SelectQueryBuilder<
  Fleet & { m: { organisationId: string; vehicleId: string } },
  "v" | "m",
  object
>;

function memberRows(eb: VehicleExpressions, part: MemberCondition): MemberRows {
  if ("groups" in part) {
    return rowsOf(eb.selectFrom("vehicleGroups as m").where("m.groupName", "in", part.groups));
  }
  if ("tags" in part) return rowsOf(eb.selectFrom("vehicleTags as m").where("m.tag", "in", part.tags));
  if ("hardwareIds" in part) {
    return rowsOf(eb.selectFrom("ecus as m").where("m.hardwareId", "in", part.hardwareIds));
  }
  if ("ecuVersion" in part) return ecuRows(eb, part.ecuVersion);
  const { name, in: values } = part.attribute;
  return rowsOf(
    eb.selectFrom("vehicleAttributes as m").where("m.name", "=", name).where("m.value", "in", values),
  );
}

function ecuRows(eb: VehicleExpressions, { ecu, hardwareId, atLeast, below }: EcuVersionBounds): MemberRows {
  let rows = eb.selectFrom("ecus as m").where("m.versionKey", "is not", null);
  if (hardwareId !== undefined) rows = rows.where("m.hardwareId", "=", hardwareId);
  if (ecu !== undefined) rows = rows.where("m.name", "=", ecu);
  if (atLeast !== undefined) rows = rows.where("m.versionKey", ">=", versionKey(atLeast));
  if (below !== undefined) rows = rows.where("m.versionKey", "<", versionKey(below));
  return rowsOf(rows);
}

/** Forgets the columns that only one of the tables has. */
const rowsOf = (rows: unknown): MemberRows => rows as MemberRows;
