import type { MemoryRegion } from "@halfshaft/ota-format";
import type { Page } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import type { Hardware } from "./schema.ts";

export async function putHardware(
  tx: Database,
  organisationId: string,
  at: number,
  given: { hardwareId: string; title: string; regions: readonly MemoryRegion[] },
): Promise<Hardware> {
  const changed = { title: given.title, regions: JSON.stringify(given.regions), updatedAt: at };
  await tx
    .insertInto("hardware")
    .values({ organisationId, hardwareId: given.hardwareId, createdAt: at, ...changed })
    .onConflict((conflict) => conflict.columns(["organisationId", "hardwareId"]).doUpdateSet(changed))
    .execute();
  return getHardware(tx, organisationId, given.hardwareId);
}

/** @throws {Refusal} HARDWARE_UNKNOWN */
export async function getHardware(
  db: Database,
  organisationId: string,
  hardwareId: string,
): Promise<Hardware> {
  const found = await findHardware(db, organisationId, hardwareId);
  if (!found) throw new Refusal("HARDWARE_UNKNOWN", { hardwareId });
  return found;
}

export async function findHardware(
  db: Database,
  organisationId: string,
  hardwareId: string,
): Promise<Hardware | null> {
  const row = await db
    .selectFrom("hardware")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "=", hardwareId)
    .executeTakeFirst();
  return row ? hardwareView(row) : null;
}

export async function listHardware(db: Database, organisationId: string, page: Page): Promise<Hardware[]> {
  const rows = await db
    .selectFrom("hardware")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(page.after !== undefined, (q) => q.where("hardwareId", ">", page.after!))
    .orderBy("hardwareId")
    .limit(page.limit + 1)
    .execute();
  return rows.map(hardwareView);
}

const hardwareView = (row: {
  hardwareId: string;
  title: string;
  regions: string;
  updatedAt: number;
}): Hardware => ({
  hardwareId: row.hardwareId,
  title: row.title,
  regions: JSON.parse(row.regions) as MemoryRegion[],
  updatedAt: row.updatedAt,
});
