import type { MemoryRegion } from "@halfshaft/ota-format";
import type { AskedPage, Listed } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, type Orders } from "../db/order.ts";
import { hasWords } from "../db/words.ts";
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

export const HARDWARE_ORDERS = {
  id: "hardwareId",
  by: { hardwareId: "id", title: { text: "title" }, updatedAt: { number: "updatedAt" } },
  first: "hardwareId",
} as const satisfies Orders;

/** @param filter `q`: words of the id and the title */
export async function listHardware(
  db: Database,
  organisationId: string,
  page: AskedPage,
  filter: { readonly q?: string },
): Promise<Listed<Hardware>> {
  const matching = db
    .selectFrom("hardware")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(filter.q !== undefined, (q) => q.where(hasWords(["hardwareId", "title"], filter.q!)));
  const { rows, nextCursor } = await listPage(matching, page, HARDWARE_ORDERS);
  return { rows: rows.map(hardwareView), nextCursor };
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
