import type { AskedPage, Listed } from "../../db/cursor.ts";
import type { Database } from "../../db/database.ts";
import { listPage, type Orders } from "../../db/order.ts";
import { Refusal } from "../../refusals.ts";
import type { Delta, DeltaFilter } from "../schema.ts";

/** @throws {Refusal} DELTA_UNKNOWN */
export async function getDelta(
  db: Database,
  organisationId: string,
  releaseId: string,
  deltaId: string,
): Promise<Delta> {
  const [found] = await deltaRows(db, organisationId, releaseId).where("d.deltaId", "=", deltaId).execute();
  if (found === undefined) throw new Refusal("DELTA_UNKNOWN", { releaseId, deltaId });
  return deltaView(found);
}

export const DELTA_ORDERS = {
  id: "d.deltaId",
  by: { createdAt: "id" },
  first: "createdAt",
} as const satisfies Orders;

export async function listDeltas(
  db: Database,
  { organisationId, releaseId }: { readonly organisationId: string; readonly releaseId: string },
  page: AskedPage,
  { state, hardwareId }: DeltaFilter,
): Promise<Listed<Delta>> {
  const matching = deltaRows(db, organisationId, releaseId)
    .$if(state !== undefined, (q) => q.where("d.state", "=", state!))
    .$if(hardwareId !== undefined, (q) => q.where("i.hardwareId", "=", hardwareId!));
  const { rows, nextCursor } = await listPage(matching, page, DELTA_ORDERS);
  return { rows: rows.map(deltaView), nextCursor };
}

const deltaRows = (db: Database, organisationId: string, releaseId: string) =>
  db
    .selectFrom("deltas as d")
    .innerJoin("images as i", "i.imageId", "d.imageId")
    .leftJoin("images as b", "b.imageId", "d.baseImageId")
    .select([
      "d.deltaId",
      "i.hardwareId",
      "b.version as baseVersion",
      "b.sha256 as baseSha256",
      "i.version",
      "i.sha256 as resultSha256",
      "d.format",
      "d.state",
      "d.length",
      "d.sha256",
      "i.length as fullLength",
      "d.failure",
      "d.failures",
      "d.retryAt",
    ])
    .where("d.organisationId", "=", organisationId)
    .where("i.releaseId", "=", releaseId);

type DeltaRow = Awaited<ReturnType<ReturnType<typeof deltaRows>["execute"]>>[number];

const deltaView = ({
  baseVersion,
  baseSha256,
  length,
  sha256,
  failure,
  retryAt,
  ...row
}: DeltaRow): Delta => ({
  ...row,
  ...(baseVersion === null ? {} : { baseVersion }),
  ...(baseSha256 === null ? {} : { baseSha256 }),
  ...(length === null ? {} : { length }),
  ...(sha256 === null ? {} : { sha256 }),
  ...(failure === null ? {} : { failure }),
  ...(retryAt === null ? {} : { retryAt }),
});
