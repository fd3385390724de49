import { setImmediate as nextTurn } from "node:timers/promises";
import { Type } from "typebox";
import { WallTime } from "@halfshaft/ota-format";
import type { Scope } from "../../access/grants.ts";
import type { Database } from "../../db/database.ts";
import { CountsBy, countsBy } from "./counts.ts";
import { inScope, isUnbounded, whereInScope } from "../scope.ts";
import type { SelectionContext } from "./fleet-query.ts";
import { selectedVehicles } from "./selection-query.ts";
import { PRESENCES, VEHICLE_STATUSES, type VehicleStatus } from "./selection.ts";

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const counts = (names: readonly string[]) =>
  Type.Object(Object.fromEntries(names.map((name) => [name, Count])), closed);

/** The fleet in numbers. */
export const FleetSummary = Type.Object(
  {
    at: Type.Integer({ ...WallTime, description: "When it was counted, UTC ms: some seconds ago at most" }),
    total: Type.Integer({ minimum: 0, description: "Vehicles in use" }),
    retired: Count,
    byStatus: counts(VEHICLE_STATUSES),
    byPresence: counts(PRESENCES),
    byModel: CountsBy("model", Type.String()),
    byRegion: CountsBy("region", Type.String()),
    byVersion: Type.Array(
      Type.Object(
        { hardwareId: Type.String(), version: Type.Optional(Type.String()), ecus: Count },
        { ...closed, description: "ECUs of vehicles in use; without a version: none was reported" },
      ),
    ),
    byReason: Type.Array(Type.Object({ code: Type.String(), vehicles: Count }, closed), {
      description: "Why the newest job of vehicles failed, most vehicles first",
    }),
  },
  { ...closed, $id: "FleetSummary" },
);

export interface SummaryContext {
  readonly organisationId: string;
  /** UTC ms. */
  readonly at: number;
  readonly scopes: readonly Scope[];
}

/** Counts the fleet by several statements, each of which reads an index; others are served in between. */
export async function summarise(db: Database, context: SummaryContext) {
  const cells = await countVehicles(db, context);
  const sum = (of: typeof cells): number => of.reduce((total, { vehicles }) => total + vehicles, 0);
  const total = sum(cells);
  const presence = (fact: string): number =>
    sum(cells.filter((cell) => (cell.presence ?? "unknown") === fact));
  await nextTurn();
  const byStatus = await countStatuses(db, context, total);
  await nextTurn();
  const byVersion = await countVersions(db, context);
  await nextTurn();
  return {
    at: context.at,
    total,
    retired: await countRetired(db, context),
    byStatus,
    byPresence: Object.fromEntries(PRESENCES.map((fact) => [fact, presence(fact)])),
    byModel: countsBy("model", cells),
    byRegion: countsBy("region", cells),
    byVersion,
    byReason: await countReasons(db, context),
  };
}

const fleetOf = (db: Database, { organisationId, scopes }: SummaryContext, retired: boolean) =>
  whereInScope(
    db
      .selectFrom("vehicles as v")
      .where("v.organisationId", "=", organisationId)
      .where("v.retiredAt", retired ? "is not" : "is", null),
    scopes,
  );

/** One pass over the index that holds all of these columns. */
async function countVehicles(db: Database, context: SummaryContext) {
  const rows = await fleetOf(db, context, false)
    .select((eb) => ["v.region", "v.model", "v.presence", eb.fn.countAll().as("vehicles")])
    .groupBy(["v.region", "v.model", "v.presence"])
    .execute();
  return rows.map((row) => ({ ...row, vehicles: Number(row.vehicles) }));
}

async function countRetired(db: Database, context: SummaryContext): Promise<number> {
  const { vehicles } = await fleetOf(db, context, true)
    .select((eb) => eb.fn.countAll().as("vehicles"))
    .executeTakeFirstOrThrow();
  return Number(vehicles);
}

const COUNTED: readonly VehicleStatus[] = ["held", "updating", "waiting", "failed", "new"];

/** Those that do nothing are the rest. */
async function countStatuses(db: Database, context: SummaryContext, total: number) {
  const { organisationId, at, scopes } = context;
  const found: Partial<Record<VehicleStatus, number>> = {};
  for (const status of COUNTED) {
    const by: SelectionContext = { organisationId, at, plan: status === "new" ? "probe" : "gather" };
    const { vehicles } = await whereInScope(selectedVehicles(db, { status: [status] }, by), scopes)
      .select((eb) => eb.fn.countAll().as("vehicles"))
      .executeTakeFirstOrThrow();
    found[status] = Number(vehicles);
    await nextTurn();
  }
  const busy = Object.values(found).reduce((sum, vehicles) => sum + vehicles, 0);
  return { ...found, idle: total - busy };
}

type VersionCounts = Map<string, { hardwareId: string; version: string | null; ecus: number }>;

async function countVersions(db: Database, context: SummaryContext) {
  const found = isUnbounded(context.scopes)
    ? await allVersions(db, context)
    : await versionsOf(db, context, "in use");
  return [...found.values()]
    .filter(({ ecus }) => ecus > 0)
    .toSorted((a, b) => b.ecus - a.ecus || (keyOf(a) < keyOf(b) ? -1 : 1))
    .map(({ hardwareId, version, ecus }) => ({ hardwareId, ...(version === null ? {} : { version }), ecus }));
}

const keyOf = ({ hardwareId, version }: { hardwareId: string; version: string | null }): string =>
  `${hardwareId} ${version ?? ""}`;

/** Reads one index of the ECUs, and takes away those of the few retired vehicles. */
async function allVersions(db: Database, context: SummaryContext): Promise<VersionCounts> {
  const rows = await db
    .selectFrom("ecus")
    .select((eb) => ["hardwareId", "version", eb.fn.countAll().as("ecus")])
    .where("organisationId", "=", context.organisationId)
    .groupBy(["hardwareId", "version"])
    .execute();
  const all = tally(rows);
  for (const [key, { ecus }] of await versionsOf(db, context, "retired")) all.get(key)!.ecus -= ecus;
  return all;
}

/** Finds the ECUs by their vehicles first: grouping them at once, SQLite would walk along all ECUs of the fleet. */
async function versionsOf(
  db: Database,
  { organisationId, scopes }: SummaryContext,
  which: "in use" | "retired",
): Promise<VersionCounts> {
  const rows = await db
    .with(
      (cte) => cte("found").materialized(),
      (q) =>
        q
          .selectFrom("vehicles as v")
          .innerJoin("ecus as e", (join) =>
            join.onRef("e.organisationId", "=", "v.organisationId").onRef("e.vehicleId", "=", "v.vehicleId"),
          )
          .select(["e.hardwareId", "e.version"])
          .where("v.organisationId", "=", organisationId)
          .where("v.retiredAt", which === "retired" ? "is not" : "is", null)
          .where((eb) => inScope(eb, scopes)),
    )
    .selectFrom("found")
    .select((eb) => ["hardwareId", "version", eb.fn.countAll().as("ecus")])
    .groupBy(["hardwareId", "version"])
    .execute();
  return tally(rows);
}

const tally = (
  rows: readonly { hardwareId: string; version: string | null; ecus: number | string | bigint }[],
): VersionCounts => new Map(rows.map((row) => [keyOf(row), { ...row, ecus: Number(row.ecus) }]));

/** Of the vehicles whose newest job failed. */
async function countReasons(db: Database, { organisationId, at, scopes }: SummaryContext) {
  const failed = selectedVehicles(db, { status: ["failed"] }, { organisationId, at, plan: "gather" });
  const rows = await whereInScope(failed, scopes)
    .innerJoin("jobs as f", (join) =>
      join.onRef("f.organisationId", "=", "v.organisationId").onRef("f.vehicleId", "=", "v.vehicleId"),
    )
    .where("f.status", "in", ["failed", "rolledBack"])
    .where("f.failureCode", "is not", null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("jobs as later")
            .select("later.jobId")
            .whereRef("later.organisationId", "=", "f.organisationId")
            .whereRef("later.vehicleId", "=", "f.vehicleId")
            .whereRef("later.jobId", ">", "f.jobId"),
        ),
      ),
    )
    .select((eb) => ["f.failureCode", eb.fn.countAll().as("vehicles")])
    .groupBy("f.failureCode")
    .execute();
  return rows
    .map(({ failureCode, vehicles }) => ({ code: failureCode!, vehicles: Number(vehicles) }))
    .toSorted((a, b) => b.vehicles - a.vehicles || (a.code < b.code ? -1 : 1));
}
