import type { Selectable } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { covers, type Scope } from "../access/grants.ts";
import { isOneOf } from "../db/one-of.ts";
import type { Database } from "../db/database.ts";
import { executeKept } from "../db/postgres-statements.ts";
import type { Tables } from "../db/tables.ts";
import { Refusal } from "../refusals.ts";
import { membersOf, putMembers, type Members } from "./members.ts";
import type { EcuBody, Vehicle, VehicleBody, VehicleEcu } from "./schema.ts";

/** @throws {Refusal} VEHICLE_EXISTS or VIN_TAKEN */
export async function insertVehicle(
  tx: Database,
  organisationId: string,
  at: number,
  body: VehicleBody,
): Promise<Vehicle> {
  const vehicleId = body.vehicleId ?? uuidv7();
  await refuseTaken(tx, organisationId, vehicleId, body.vin);
  await tx
    .insertInto("vehicles")
    .values({
      organisationId,
      vehicleId,
      vin: body.vin ?? null,
      model: body.model ?? null,
      year: body.year ?? null,
      region: body.region ?? null,
      trim: body.trim ?? null,
      owner: body.owner ?? null,
      timeZone: body.timeZone ?? null,
      retiredAt: null,
      desiredJobId: null,
      desiredRevision: 1,
      presence: null,
      lastSeenAt: null,
      manifestAt: null,
      createdAt: at,
    })
    .execute();
  await putMembers(tx, organisationId, vehicleId, body);
  const ecus: (EcuBody & { kind: "uds" | "gateway" })[] = body.ecus.map((ecu) => ({ ...ecu, kind: "uds" }));
  if (body.gateway) ecus.push({ ...body.gateway, kind: "gateway" });
  for (const [position, ecu] of ecus.entries()) {
    await tx
      .insertInto("ecus")
      .values({ organisationId, vehicleId, ...ecu, position, ...NOT_REPORTED })
      .execute();
  }
  return getVehicle(tx, organisationId, vehicleId);
}

const NOT_REPORTED = {
  version: null,
  versionKey: null,
  imageSha256: null,
  releaseCounter: null,
  activeBank: null,
  bootState: null,
  reportedAt: null,
};

async function refuseTaken(
  tx: Database,
  organisationId: string,
  vehicleId: string,
  vin: string | undefined,
): Promise<void> {
  const taken = await tx
    .selectFrom("vehicles")
    .select(["vehicleId", "vin"])
    .where("organisationId", "=", organisationId)
    .where((eb) => eb.or([eb("vehicleId", "=", vehicleId), ...(vin ? [eb("vin", "=", vin)] : [])]))
    .execute();
  if (taken.some((row) => row.vehicleId === vehicleId)) throw new Refusal("VEHICLE_EXISTS", { vehicleId });
  if (taken[0]) throw new Refusal("VIN_TAKEN", { vin: vin! });
}

/**
 * @param scopes which vehicles whoever asks may see; another one is unknown to them. Left out: all.
 * @throws {Refusal} VEHICLE_UNKNOWN
 */
export async function getVehicle(
  db: Database,
  organisationId: string,
  vehicleId: string,
  scopes?: readonly Scope[],
): Promise<Vehicle> {
  const row = await db
    .selectFrom("vehicles")
    .select(VIEWED)
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  if (!row || (scopes && !covers(scopes, row))) throw new Refusal("VEHICLE_UNKNOWN", { vehicleId });
  const ecus = await ecusOf(db, organisationId, [vehicleId]);
  return vehicleView(row, ecus, await membersOf(db, organisationId, [vehicleId]));
}

/** As `getVehicle`, for those who only need to know. @throws {Refusal} VEHICLE_UNKNOWN */
export async function findVehicleId(
  db: Database,
  organisationId: string,
  vehicleId: string,
  scopes?: readonly Scope[],
): Promise<void> {
  const row = await db
    .selectFrom("vehicles")
    .select(["region", "model"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  if (!row || (scopes && !covers(scopes, row))) throw new Refusal("VEHICLE_UNKNOWN", { vehicleId });
}

/**
 * In the order of the ids; one that is not there is left out. Not for within a transaction, for its statements are on
 * their way at once.
 */
export async function vehiclesById(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
): Promise<Vehicle[]> {
  if (vehicleIds.length === 0) return [];
  const [rows, ecus, members] = await Promise.all([
    executeKept(
      db,
      db
        .selectFrom("vehicles")
        .select(VIEWED)
        .where("organisationId", "=", organisationId)
        .where(isOneOf(db, "vehicleId", vehicleIds)),
    ),
    ecusOf(db, organisationId, vehicleIds),
    membersOf(db, organisationId, vehicleIds),
  ]);
  const byId = new Map(rows.map((row) => [row.vehicleId, row]));
  const ecusById = Map.groupBy(ecus, ({ vehicleId }) => vehicleId);
  return vehicleIds.flatMap((vehicleId) => {
    const row = byId.get(vehicleId);
    return row ? [vehicleView(row, ecusById.get(vehicleId) ?? [], members)] : [];
  });
}

/** The columns of a view, in its order. */
const VIEWED = [
  "vehicleId",
  "vin",
  "model",
  "trim",
  "year",
  "region",
  "owner",
  "timeZone",
  "presence",
  "lastSeenAt",
  "manifestAt",
  "heldReason",
  "heldAt",
  "createdAt",
  "retiredAt",
] as const;

const vehicleView = (
  row: Pick<Selectable<Tables["vehicles"]>, (typeof VIEWED)[number]>,
  ecus: readonly EcuRow[],
  membersOfOne: (vehicleId: string) => Members,
): Vehicle => ({
  ...present(row),
  ...membersOfOne(row.vehicleId),
  ecus: ecus.map(ecuView),
});

export type EcuRow = Selectable<Tables["ecus"]>;

/** In the order of the as-built record, gateway last. */
export async function ecusOf(
  db: Database,
  organisationId: string,
  vehicleIds: readonly string[],
): Promise<EcuRow[]> {
  return db
    .selectFrom("ecus")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where(isOneOf(db, "vehicleId", vehicleIds))
    .orderBy("position")
    .execute();
}

const ecuView = (row: EcuRow): VehicleEcu =>
  present({
    ecuId: row.ecuId,
    name: row.name,
    hardwareId: row.hardwareId,
    kind: row.kind,
    version: row.version,
    imageSha256: row.imageSha256,
    releaseCounter: row.releaseCounter,
    activeBank: row.activeBank,
    bootState: row.bootState,
    reportedAt: row.reportedAt,
    hardwareRevision: row.hardwareRevision,
  });

type Present<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>;
};

/** An answer leaves out what is not known, where SQL says null. */
export function present<T extends object>(row: T): Present<T> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Present<T>;
}
