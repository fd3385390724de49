import { v7 as uuidv7 } from "uuid";
import type { Selectable } from "kysely";
import type { Image, ImageRequirements, Release, Segment } from "@halfshaft/ota-format";
import type { AskedPage, Listed } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, type Orders } from "../db/order.ts";
import type { Tables } from "../db/tables.ts";
import { hasWords } from "../db/words.ts";
import { Refusal } from "../refusals.ts";
import type { ReleaseBody, ReleaseFilter, ReleasePatch } from "./schema.ts";

type ReleaseRow = Selectable<Tables["releases"]>;
export type ImageRow = Selectable<Tables["images"]>;

export async function insertRelease(
  tx: Database,
  organisationId: string,
  at: number,
  given: ReleaseBody,
): Promise<Release> {
  const releaseId = uuidv7();
  await tx
    .insertInto("releases")
    .values({
      organisationId,
      releaseId,
      name: given.name,
      headline: given.headline ?? "",
      notes: given.notes ?? "",
      rxswin: JSON.stringify(given.rxswin ?? []),
      state: "draft",
      createdAt: at,
      publishedAt: null,
    })
    .execute();
  return getRelease(tx, organisationId, releaseId);
}

/** Changes what is said about a draft. */
export async function updateRelease(
  tx: Database,
  organisationId: string,
  releaseId: string,
  { rxswin, ...texts }: ReleasePatch,
): Promise<Release> {
  await tx
    .updateTable("releases")
    .set({ ...texts, ...(rxswin === undefined ? {} : { rxswin: JSON.stringify(rxswin) }) })
    .where("organisationId", "=", organisationId)
    .where("releaseId", "=", releaseId)
    .execute();
  return getRelease(tx, organisationId, releaseId);
}

/** Removes a draft with its images; their files stay, for other images may have the same bytes. */
export async function deleteRelease(tx: Database, organisationId: string, releaseId: string): Promise<void> {
  for (const table of ["images", "releases"] as const) {
    await tx
      .deleteFrom(table)
      .where("organisationId", "=", organisationId)
      .where("releaseId", "=", releaseId)
      .execute();
  }
}

/** Some campaign of a release. */
export async function campaignOf(
  db: Database,
  organisationId: string,
  releaseId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("campaigns")
    .select("campaignId")
    .where("organisationId", "=", organisationId)
    .where("releaseId", "=", releaseId)
    .limit(1)
    .executeTakeFirst();
  return row?.campaignId;
}

/** @throws {Refusal} RELEASE_UNKNOWN */
export async function getRelease(db: Database, organisationId: string, releaseId: string): Promise<Release> {
  const row = await db
    .selectFrom("releases")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("releaseId", "=", releaseId)
    .executeTakeFirst();
  if (!row) throw new Refusal("RELEASE_UNKNOWN", { releaseId });
  return releaseView(row, await imagesOf(db, organisationId, [releaseId]));
}

export const RELEASE_ORDERS = {
  id: "releaseId",
  by: { createdAt: "id", name: { text: "name" }, publishedAt: { number: "publishedAt" } },
  first: "-createdAt",
} as const satisfies Orders;

export async function listReleases(
  db: Database,
  organisationId: string,
  page: AskedPage,
  { state, hardwareId, q: words }: ReleaseFilter,
): Promise<Listed<Release>> {
  const matching = db
    .selectFrom("releases")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(state !== undefined, (q) => q.where("state", "=", state!))
    .$if(words !== undefined, (q) => q.where(hasWords(["name"], words!)))
    .$if(hardwareId !== undefined, (q) =>
      q.where("releaseId", "in", (inner) =>
        inner
          .selectFrom("images")
          .select("releaseId")
          .where("organisationId", "=", organisationId)
          .where("hardwareId", "=", hardwareId!),
      ),
    );
  const { rows, nextCursor } = await listPage(matching, page, RELEASE_ORDERS);
  const images = await imagesOf(
    db,
    organisationId,
    rows.map((row) => row.releaseId),
  );
  return { rows: rows.map((row) => releaseView(row, images)), nextCursor };
}

export async function imagesOf(
  db: Database,
  organisationId: string,
  releaseIds: readonly string[],
): Promise<ImageRow[]> {
  if (releaseIds.length === 0) return [];
  return db
    .selectFrom("images")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("releaseId", "in", [...releaseIds])
    .orderBy("hardwareId")
    .execute();
}

/** @throws {Refusal} IMAGE_UNKNOWN */
export async function getImage(
  db: Database,
  organisationId: string,
  releaseId: string,
  imageId: string,
): Promise<ImageRow> {
  const images = await imagesOf(db, organisationId, [releaseId]);
  const image = images.find((row) => row.imageId === imageId);
  if (!image) throw new Refusal("IMAGE_UNKNOWN", { releaseId, imageId });
  return image;
}

/** Whether a version for a hardware was released, by any release. */
export async function isReleased(
  db: Database,
  organisationId: string,
  hardwareId: string,
  version: string,
): Promise<boolean> {
  const row = await db
    .selectFrom("images")
    .select("imageId")
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "=", hardwareId)
    .where("version", "=", version)
    .where("published", "=", 1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Says what an image of a draft demands; an empty object: nothing. */
export async function setRequirements(
  tx: Database,
  organisationId: string,
  imageId: string,
  requires: ImageRequirements,
): Promise<void> {
  await tx
    .updateTable("images")
    .set({ requires: Object.keys(requires).length === 0 ? null : JSON.stringify(requires) })
    .where("organisationId", "=", organisationId)
    .where("imageId", "=", imageId)
    .execute();
}

/** Its file stays: other images may have the same bytes. */
export async function removeImage(tx: Database, organisationId: string, imageId: string): Promise<void> {
  await tx
    .deleteFrom("images")
    .where("organisationId", "=", organisationId)
    .where("imageId", "=", imageId)
    .execute();
}

/** Puts an image into a draft, in place of the one it had for this hardware. */
export async function putImage(
  tx: Database,
  organisationId: string,
  at: number,
  releaseId: string,
  image: Omit<Image, "imageId">,
): Promise<Image> {
  await tx
    .deleteFrom("images")
    .where("organisationId", "=", organisationId)
    .where("releaseId", "=", releaseId)
    .where("hardwareId", "=", image.hardwareId)
    .execute();
  const imageId = uuidv7();
  await tx
    .insertInto("images")
    .values({
      organisationId,
      imageId,
      releaseId,
      ...image,
      segments: JSON.stringify(image.segments),
      requires: image.requires === undefined ? null : JSON.stringify(image.requires),
      descriptor: null,
      published: 0,
      createdAt: at,
    })
    .execute();
  return { imageId, ...image };
}

export const imageView = (row: ImageRow): Image => ({
  imageId: row.imageId,
  hardwareId: row.hardwareId,
  version: row.version,
  versionKey: row.versionKey,
  releaseCounter: row.releaseCounter,
  length: row.length,
  sha256: row.sha256,
  sha512: row.sha512,
  segments: JSON.parse(row.segments) as Segment[],
  ...(row.requires === null ? {} : { requires: JSON.parse(row.requires) as ImageRequirements }),
});

const releaseView = (row: ReleaseRow, images: readonly ImageRow[]): Release => ({
  releaseId: row.releaseId,
  name: row.name,
  headline: row.headline,
  notes: row.notes,
  rxswin: JSON.parse(row.rxswin) as string[],
  state: row.state,
  images: images.filter((image) => image.releaseId === row.releaseId).map(imageView),
  createdAt: row.createdAt,
  ...(row.publishedAt === null ? {} : { publishedAt: row.publishedAt }),
  ...(row.withdrawnAt === null ? {} : { withdrawnAt: row.withdrawnAt }),
  ...(row.withdrawnBecause === null ? {} : { withdrawnBecause: row.withdrawnBecause }),
});
