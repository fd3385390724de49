import { createHash } from "node:crypto";
import type { Selectable } from "kysely";
import type { AskedPage, Listed } from "../../db/cursor.ts";
import type { Database } from "../../db/database.ts";
import { listPage, type Orders } from "../../db/order.ts";
import type { Tables } from "../../db/tables.ts";
import { inOneTransaction } from "../../db/transaction.ts";
import { Refusal } from "../../refusals.ts";
import { present } from "../../vehicles/store.ts";
import type { Upload, UploadFilter } from "./upload-schema.ts";

/**
 * Uploads wait in the database until they are complete and used: so a broken one goes on where it was, after a
 * restart too and through another instance, and what is counted as received is what is kept.
 */
export type UploadRow = Selectable<Tables["uploads"]>;

/** How long an upload waits for its next bytes, or to be used. */
export const UPLOAD_TTL_MS = 24 * 60 * 60 * 1000;

export const uploadView = (row: UploadRow): Upload => ({
  ...present({ format: row.format, completedAt: row.completedAt }),
  sha256: row.sha256,
  length: row.length,
  offset: row.received,
  state: row.completedAt === null ? "open" : "complete",
  createdAt: row.createdAt,
  expiresAt: row.touchedAt + UPLOAD_TTL_MS,
});

export async function findUpload(
  db: Database,
  organisationId: string,
  sha256: string,
): Promise<UploadRow | undefined> {
  return db
    .selectFrom("uploads")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("sha256", "=", sha256)
    .executeTakeFirst();
}

/** @throws {Refusal} UPLOAD_UNKNOWN */
export async function getUpload(db: Database, organisationId: string, sha256: string): Promise<UploadRow> {
  const row = await findUpload(db, organisationId, sha256);
  if (!row) throw new Refusal("UPLOAD_UNKNOWN", { sha256 });
  return row;
}

export const UPLOAD_ORDERS = {
  id: "sha256",
  by: { sha256: "id", createdAt: { number: "createdAt" }, length: { number: "length" } },
  first: "sha256",
} as const satisfies Orders;

export async function listUploads(
  db: Database,
  organisationId: string,
  page: AskedPage,
  { state, format, q: beginning }: UploadFilter,
): Promise<Listed<UploadRow>> {
  const matching = db
    .selectFrom("uploads")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .$if(state !== undefined, (q) => q.where("completedAt", state === "open" ? "is" : "is not", null))
    .$if(format !== undefined, (q) => q.where("format", "=", format!))
    // No digest has a letter beyond f.
    .$if(beginning !== undefined, (q) =>
      q.where("sha256", ">=", beginning!).where("sha256", "<", `${beginning}g`),
    );
  return listPage(matching, page, UPLOAD_ORDERS);
}

export async function insertUpload(
  tx: Database,
  upload: Pick<UploadRow, "organisationId" | "sha256" | "length" | "format" | "createdBy" | "createdAt">,
): Promise<void> {
  await tx
    .insertInto("uploads")
    .values({ ...upload, received: 0, touchedAt: upload.createdAt, completedAt: null })
    .execute();
}

export async function completeUpload(
  tx: Database,
  organisationId: string,
  sha256: string,
  at: number,
): Promise<void> {
  await tx
    .updateTable("uploads")
    .set({ completedAt: at, touchedAt: at })
    .where("organisationId", "=", organisationId)
    .where("sha256", "=", sha256)
    .execute();
}

export async function countUploads(db: Database, organisationId: string): Promise<number> {
  const { count } = await db
    .selectFrom("uploads")
    .select((eb) => eb.fn.countAll().as("count"))
    .where("organisationId", "=", organisationId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Where bytes go: the upload, and how much of it is there. */
export interface UploadPlace {
  readonly organisationId: string;
  readonly sha256: string;
  readonly received: number;
}

/**
 * Keeps the next bytes, or nothing of them.
 * @returns whether they were the next ones: another request may have come before.
 */
export async function appendPart(
  db: Database,
  { organisationId, sha256, received }: UploadPlace,
  bytes: Buffer,
  at: number,
): Promise<boolean> {
  return inOneTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable("uploads")
      .set({ received: received + bytes.length, touchedAt: at })
      .where("organisationId", "=", organisationId)
      .where("sha256", "=", sha256)
      .where("received", "=", received)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 0) return false;
    await tx
      .insertInto("uploadParts")
      .values({ organisationId, sha256, position: received, bytes: bytes.toString("base64") })
      .execute();
    return true;
  });
}

/**
 * Sets an upload back to how it was before a request, unless another request has gone on with it since.
 * @param received by the end of that request
 */
export async function takeBack(db: Database, before: UploadRow, received: number): Promise<void> {
  const { organisationId, sha256 } = before;
  await inOneTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable("uploads")
      .set({ received: before.received, touchedAt: before.touchedAt })
      .where("organisationId", "=", organisationId)
      .where("sha256", "=", sha256)
      .where("received", "=", received)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 0) return;
    await tx
      .deleteFrom("uploadParts")
      .where("organisationId", "=", organisationId)
      .where("sha256", "=", sha256)
      .where("position", ">=", before.received)
      .execute();
  });
}

/** The parts that are kept, in order; one at a time in memory. */
async function* partsOf(db: Database, organisationId: string, sha256: string): AsyncGenerator<Buffer> {
  let position = -1;
  for (;;) {
    const part = await db
      .selectFrom("uploadParts")
      .select(["position", "bytes"])
      .where("organisationId", "=", organisationId)
      .where("sha256", "=", sha256)
      .where("position", ">", position)
      .orderBy("position")
      .limit(1)
      .executeTakeFirst();
    if (!part) return;
    position = part.position;
    yield Buffer.from(part.bytes, "base64");
  }
}

/** SHA-256 of what is kept, hex. */
export async function keptDigest(db: Database, organisationId: string, sha256: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of partsOf(db, organisationId, sha256)) hash.update(bytes);
  return hash.digest("hex");
}

/**
 * The whole file of a finished upload.
 * @throws {Refusal} UPLOAD_UNKNOWN or UPLOAD_UNFINISHED
 */
export async function uploadedBytes(
  db: Database,
  organisationId: string,
  sha256: string,
): Promise<{ bytes: Uint8Array; format: UploadRow["format"] }> {
  const { completedAt, length, received, format } = await getUpload(db, organisationId, sha256);
  if (completedAt === null) throw new Refusal("UPLOAD_UNFINISHED", { sha256, received, length });
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const part of partsOf(db, organisationId, sha256)) {
    bytes.set(part, filled);
    filled += part.length;
  }
  return { bytes, format };
}

/** Takes back all bytes, so that the upload begins anew. */
export async function restartUpload(tx: Database, organisationId: string, sha256: string): Promise<void> {
  await deleteParts(tx, organisationId, sha256);
  await tx
    .updateTable("uploads")
    .set({ received: 0, completedAt: null })
    .where("organisationId", "=", organisationId)
    .where("sha256", "=", sha256)
    .execute();
}

export async function deleteUpload(tx: Database, organisationId: string, sha256: string): Promise<void> {
  await deleteParts(tx, organisationId, sha256);
  await tx
    .deleteFrom("uploads")
    .where("organisationId", "=", organisationId)
    .where("sha256", "=", sha256)
    .execute();
}

const deleteParts = (tx: Database, organisationId: string, sha256: string): Promise<unknown> =>
  tx
    .deleteFrom("uploadParts")
    .where("organisationId", "=", organisationId)
    .where("sha256", "=", sha256)
    .execute();

/** Removes the uploads that nobody went on with. @returns how many */
export async function sweepUploads(db: Database, at: number): Promise<number> {
  const abandoned = await db
    .selectFrom("uploads")
    .select(["organisationId", "sha256"])
    .where("touchedAt", "<=", at - UPLOAD_TTL_MS)
    .execute();
  for (const { organisationId, sha256 } of abandoned) {
    await inOneTransaction(db, (tx) => deleteUpload(tx, organisationId, sha256));
  }
  return abandoned.length;
}
