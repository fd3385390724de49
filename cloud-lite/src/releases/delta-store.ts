import { v7 as uuidv7 } from "uuid";
import type { Image } from "@halfshaft/ota-format";
import type { DeltaFormat } from "@halfshaft/ota-format/trust";
import type { Page } from "../db/cursor.ts";
import type { Database } from "../db/open.ts";
import { chooseBases, type FleetVersions } from "./delta-rules.ts";
import type { Delta } from "./schema.ts";

const FORMAT: DeltaFormat = "bsdiff40";

/** Asks for the deltas to these images that the fleet can use and that nobody asked for yet. */
export async function planDeltas(
  tx: Database,
  organisationId: string,
  at: number,
  images: readonly Image[],
): Promise<void> {
  for (const image of images) {
    const released = await tx
      .selectFrom("images")
      .select(["imageId", "sha256", "versionKey"])
      .where("organisationId", "=", organisationId)
      .where("hardwareId", "=", image.hardwareId)
      .where("published", "=", 1)
      .execute();
    const fleet = await fleetVersions(tx, organisationId, image.hardwareId);
    for (const base of chooseBases(image, released, fleet)) {
      await tx
        .insertInto("deltas")
        .values({
          organisationId,
          deltaId: uuidv7(),
          imageId: image.imageId,
          baseImageId: base.imageId,
          format: FORMAT,
          state: "pending",
          length: null,
          sha256: null,
          failure: null,
          createdAt: at,
          finishedAt: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }
}

async function fleetVersions(
  tx: Database,
  organisationId: string,
  hardwareId: string,
): Promise<FleetVersions> {
  const rows = await tx
    .selectFrom("ecus")
    .select("imageSha256")
    .distinct()
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "=", hardwareId)
    .execute();
  const digests = rows.map((row) => row.imageSha256);
  return {
    reported: new Set(digests.filter((digest) => digest !== null)),
    unreported: digests.includes(null),
  };
}

/** A delta that waits to be made, with what it is made from. */
export interface PendingDelta {
  readonly organisationId: string;
  readonly deltaId: string;
  readonly format: DeltaFormat;
  readonly baseSha256: string;
  readonly baseLength: number;
  readonly sha256: string;
  readonly length: number;
}

/** Oldest first. */
export async function nextPending(db: Database): Promise<PendingDelta | undefined> {
  return db
    .selectFrom("deltas as d")
    .innerJoin("images as i", "i.imageId", "d.imageId")
    .innerJoin("images as b", "b.imageId", "d.baseImageId")
    .select([
      "d.organisationId",
      "d.deltaId",
      "d.format",
      "b.sha256 as baseSha256",
      "b.length as baseLength",
      "i.sha256",
      "i.length",
    ])
    .where("d.state", "=", "pending")
    .orderBy("d.deltaId")
    .limit(1)
    .executeTakeFirst();
}

export async function finishDelta(
  tx: Database,
  pending: PendingDelta,
  at: number,
  result: { state: "made" | "skipped" | "failed"; length?: number; sha256?: string; failure?: string },
): Promise<void> {
  await tx
    .updateTable("deltas")
    .set({
      state: result.state,
      length: result.length ?? null,
      sha256: result.sha256 ?? null,
      failure: result.failure ?? null,
      finishedAt: at,
    })
    .where("organisationId", "=", pending.organisationId)
    .where("deltaId", "=", pending.deltaId)
    .execute();
}

export async function listDeltas(
  db: Database,
  organisationId: string,
  releaseId: string,
  page: Page,
): Promise<Delta[]> {
  const rows = await db
    .selectFrom("deltas as d")
    .innerJoin("images as i", "i.imageId", "d.imageId")
    .innerJoin("images as b", "b.imageId", "d.baseImageId")
    .select([
      "d.deltaId",
      "i.hardwareId",
      "b.version as baseVersion",
      "i.version",
      "d.format",
      "d.state",
      "d.length",
      "i.length as fullLength",
      "d.failure",
    ])
    .where("d.organisationId", "=", organisationId)
    .where("i.releaseId", "=", releaseId)
    .$if(page.after !== undefined, (q) => q.where("d.deltaId", ">", page.after!))
    .orderBy("d.deltaId")
    .limit(page.limit + 1)
    .execute();
  return rows.map(({ length, failure, ...row }) => ({
    ...row,
    ...(length === null ? {} : { length }),
    ...(failure === null ? {} : { failure }),
  }));
}
