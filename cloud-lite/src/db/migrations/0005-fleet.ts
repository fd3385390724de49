import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { reportedVersionKey } from "../../releases/version-key.ts";
import { addColumns, createIndex, createTable, type NewIndex } from "./columns.ts";

/** The indexes of every condition of a selection and of every order of a list. */
const INDEXES: Readonly<Record<string, NewIndex>> = {
  vehiclesModel: { table: "vehicles", columns: ["organisationId", "model", "vehicleId"] },
  vehiclesTrim: { table: "vehicles", columns: ["organisationId", "trim"] },
  vehiclesYear: { table: "vehicles", columns: ["organisationId", "year", "vehicleId"] },
  vehiclesRegion: { table: "vehicles", columns: ["organisationId", "region", "model", "year"] },
  // What the summary counts, in one pass.
  vehiclesSummary: {
    table: "vehicles",
    columns: ["organisationId", "region", "model", "presence", "retiredAt"],
  },
  vehiclesOwner: { table: "vehicles", columns: ["organisationId", "owner"] },
  vehiclesPresence: {
    table: "vehicles",
    columns: ["organisationId", "heartbeatMs", "presence", "lastSeenAt"],
  },
  vehiclesLastSeen: { table: "vehicles", columns: ["organisationId", "lastSeenAt", "vehicleId"] },
  vehicleGroupsMembers: { table: "vehicleGroups", columns: ["organisationId", "groupName", "vehicleId"] },
  vehicleTagsMembers: { table: "vehicleTags", columns: ["organisationId", "tag", "vehicleId"] },
  vehicleAttributesValue: {
    table: "vehicleAttributes",
    columns: ["organisationId", "name", "value", "vehicleId"],
  },
  ecusVersion: { table: "ecus", columns: ["organisationId", "hardwareId", "versionKey", "vehicleId"] },
  ecusSummary: { table: "ecus", columns: ["organisationId", "hardwareId", "version"] },
  // From a vehicle to its ECUs of a version: without it, SQLite reads the index before from end to end for each.
  ecusOfVehicle: { table: "ecus", columns: ["organisationId", "vehicleId", "hardwareId", "versionKey"] },
  jobsNewest: { table: "jobs", columns: ["organisationId", "vehicleId", "jobId"] },
  jobsOpen: { table: "jobs", columns: ["organisationId", "status", "vehicleId"] },
};

/** What a fleet is searched by. */
export const fleet: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db, "vehicles", {
      trim: { kind: "text?" },
      owner: { kind: "text?" },
      timeZone: { kind: "text?" },
      retiredAt: { kind: "integer?" },
      heartbeatMs: { kind: "integer?" },
      presenceAt: { kind: "integer?" },
    });
    await addColumns(db, "ecus", { versionKey: { kind: "text?" } });
    await createTable(db, "vehicleTags", {
      columns: { vehicleId: "text", tag: "text" },
      key: ["vehicleId", "tag"],
    });
    await createTable(db, "vehicleAttributes", {
      columns: { vehicleId: "text", name: "text", value: "text" },
      key: ["vehicleId", "name"],
    });
    for (const [name, index] of Object.entries(INDEXES)) await createIndex(db, name, index);
    // Each is the beginning of a new one.
    for (const name of ["vehicleGroupsName", "ecusHardware"]) await db.schema.dropIndex(name).execute();
    await fillVersionKeys(db);
    await sql`update vehicles set presence_at = last_seen_at where presence is not null`.execute(db);
  },
};

async function fillVersionKeys(
  db: Kysely<{ ecus: { version: string | null; versionKey: string | null } }>,
): Promise<void> {
  const versions = await db.selectFrom("ecus").select("version").distinct().execute();
  for (const { version } of versions) {
    const versionKey = reportedVersionKey(version);
    if (versionKey === null) continue;
    await db.updateTable("ecus").set({ versionKey }).where("version", "=", version).execute();
  }
}
