import { v7 as uuidv7 } from "uuid";
import type { Database } from "../../db/database.ts";
import { reportedVersionKey } from "../../releases/version-key.ts";
import { COLUMNS, type BuiltVehicle, type ExistingVehicle, type Plan } from "./import-plan.ts";
import { ecusOf as builtEcus, type AsBuiltVehicle } from "./import-record.ts";
import { membersOf, putMembers } from "../members.ts";
import { formerEcu } from "../replacement/replacement-store.ts";
import { ecusOf, type EcuRow } from "../store.ts";
import type { BuiltEcu } from "./import-plan.ts";

/** Rows in one statement. */
const ROWS_AT_ONCE = 500;

/** The vehicles that rows name, by vehicle id and by VIN, as they are now. */
export async function loadExisting(
  db: Database,
  organisationId: string,
  vehicles: readonly AsBuiltVehicle[],
): Promise<ExistingVehicle[]> {
  const rows = new Map<string, BuiltVehicle>();
  for (const column of ["vehicleId", "vin"] as const) {
    const names = vehicles.flatMap((vehicle) => vehicle[column] ?? []);
    if (names.length === 0) continue;
    const found = await db
      .selectFrom("vehicles")
      .select(["organisationId", "vehicleId", ...COLUMNS])
      .where("organisationId", "=", organisationId)
      .where(column, "in", names)
      .execute();
    for (const row of found) rows.set(row.vehicleId, row);
  }
  const ids = [...rows.keys()];
  if (ids.length === 0) return [];
  const ecus = Map.groupBy(await ecusOf(db, organisationId, ids), ({ vehicleId }) => vehicleId);
  const members = await membersOf(db, organisationId, ids);
  const replaced = await db
    .selectFrom("ecuReplacements")
    .select(["vehicleId", "before"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", ids)
    .where("state", "=", "approved")
    .execute();
  const former = Map.groupBy(replaced, ({ vehicleId }) => vehicleId);
  return [...rows.values()].map((row) => ({
    row,
    members: members(row.vehicleId),
    ecus: ecus.get(row.vehicleId) ?? [],
    formerEcuIds: new Set(
      (former.get(row.vehicleId) ?? []).flatMap((replacement) => formerEcu(replacement)?.ecuId ?? []),
    ),
  }));
}

/** Inserts vehicles that are not there, all in a few statements. @returns their ids, in order. */
export async function insertVehicles(
  tx: Database,
  organisationId: string,
  at: number,
  vehicles: readonly AsBuiltVehicle[],
): Promise<string[]> {
  const named = vehicles.map((vehicle) => ({ ...vehicle, vehicleId: vehicle.vehicleId ?? uuidv7() }));
  const owned = named.map(({ vehicleId, ...vehicle }) => ({ key: { organisationId, vehicleId }, vehicle }));
  await inChunks(
    owned.map(({ key, vehicle }) => ({
      ...key,
      vin: vehicle.vin ?? null,
      model: vehicle.model ?? null,
      trim: vehicle.trim ?? null,
      year: vehicle.year ?? null,
      region: vehicle.region ?? null,
      owner: vehicle.owner ?? null,
      timeZone: vehicle.timeZone ?? null,
      desiredRevision: 1,
      createdAt: at,
    })),
    (rows) => tx.insertInto("vehicles").values(rows).execute(),
  );
  await inChunks(
    owned.flatMap(({ key, vehicle }) =>
      [...new Set(vehicle.groups)].map((groupName) => ({ ...key, groupName })),
    ),
    (rows) => tx.insertInto("vehicleGroups").values(rows).execute(),
  );
  await inChunks(
    owned.flatMap(({ key, vehicle }) => [...new Set(vehicle.tags)].map((tag) => ({ ...key, tag }))),
    (rows) => tx.insertInto("vehicleTags").values(rows).execute(),
  );
  await inChunks(
    owned.flatMap(({ key, vehicle }) =>
      Object.entries(vehicle.attributes ?? {}).map(([name, value]) => ({ ...key, name, value })),
    ),
    (rows) => tx.insertInto("vehicleAttributes").values(rows).execute(),
  );
  await inChunks(
    owned.flatMap(({ key, vehicle }) =>
      builtEcus(vehicle).map((ecu, position) => ({ ...key, ...newEcuRow(ecu, position) })),
    ),
    (rows) => tx.insertInto("ecus").values(rows).execute(),
  );
  return named.map(({ vehicleId }) => vehicleId);
}

/** Carries out what was planned for a vehicle that is there. */
export async function updateVehicle(
  tx: Database,
  existing: ExistingVehicle,
  plan: Plan & { kind: "update" },
): Promise<void> {
  const { organisationId, vehicleId } = existing.row;
  if (Object.keys(plan.columns).length > 0) {
    await tx
      .updateTable("vehicles")
      .set(plan.columns)
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .execute();
  }
  await putMembers(tx, organisationId, vehicleId, plan.members);
  const last = existing.ecus.at(-1)?.position ?? -1;
  const rows = plan.newEcus.map((ecu, index) => newEcuRow(ecu, last + 1 + index));
  await inChunks(
    rows.map((row) => ({ organisationId, vehicleId, ...row })),
    (chunk) => tx.insertInto("ecus").values(chunk).execute(),
  );
  for (const ecu of plan.changedEcus) {
    const known = existing.ecus.find(({ ecuId }) => ecuId === ecu.ecuId)!;
    await tx
      .updateTable("ecus")
      .set(correctedEcu(ecu, known))
      .where("organisationId", "=", organisationId)
      .where("vehicleId", "=", vehicleId)
      .where("ecuId", "=", ecu.ecuId)
      .execute();
  }
}

/** Until the ECU has reported, it is taken to run what it was built with. */
const newEcuRow = ({ sha256, version, ...ecu }: BuiltEcu, position: number) => ({
  ecuId: ecu.ecuId,
  name: ecu.name,
  hardwareId: ecu.hardwareId,
  kind: ecu.kind,
  position,
  hardwareRevision: ecu.hardwareRevision ?? null,
  builtVersion: version ?? null,
  builtSha256: sha256 ?? null,
  version: version ?? null,
  versionKey: reportedVersionKey(version),
  imageSha256: sha256 ?? null,
});

function correctedEcu(ecu: BuiltEcu, known: EcuRow) {
  const version = ecu.version ?? known.builtVersion;
  const sha256 = ecu.sha256 ?? known.builtSha256;
  return {
    name: ecu.name,
    hardwareId: ecu.hardwareId,
    kind: ecu.kind,
    hardwareRevision: ecu.hardwareRevision ?? known.hardwareRevision,
    builtVersion: version,
    builtSha256: sha256,
    ...(known.reportedAt === null
      ? { version, versionKey: reportedVersionKey(version), imageSha256: sha256 }
      : {}),
  };
}

async function inChunks<Row>(rows: readonly Row[], insert: (rows: Row[]) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await insert(rows.slice(from, from + ROWS_AT_ONCE));
  }
}
