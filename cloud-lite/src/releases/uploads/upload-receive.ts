import type { Static } from "typebox";
import type { Actor } from "../../access/store.ts";
import type { Cloud } from "../../cloud.ts";
import { flagOf } from "../../config.ts";
import { inTransaction, type Work } from "../../plugins/writes.ts";
import { Refusal } from "../../refusals.ts";
import type { Upload, UploadBody } from "./upload-schema.ts";
import {
  appendPart,
  completeUpload,
  countUploads,
  findUpload,
  getUpload,
  insertUpload,
  keptDigest,
  restartUpload,
  takeBack,
  uploadView,
  type UploadRow,
} from "./upload-store.ts";

/** Bytes that are kept at once: what a broken connection may lose, and what an upload has in memory. */
export const PART_BYTES = 256 * 1024;

/**
 * Begins an upload, or finds the one of the same file.
 * @throws {Refusal} UPLOAD_DIFFERS or UPLOAD_QUOTA
 */
export async function beginUpload(
  { config: { maxUploads } }: Cloud,
  work: Work,
  actor: Actor,
  given: Static<typeof UploadBody>,
): Promise<Upload> {
  const { tx, organisationId, at } = work;
  const { sha256, length, format = null } = given;
  const found = await findUpload(tx, organisationId, sha256);
  if (found) {
    if (found.length !== length) throw new Refusal("UPLOAD_DIFFERS", { sha256, length: found.length });
    return uploadView(found);
  }
  const count = await countUploads(tx, organisationId);
  if (count >= maxUploads) {
    throw new Refusal("UPLOAD_QUOTA", { limit: maxUploads, option: `--${flagOf("maxUploads")}` });
  }
  const createdBy = actor.credentialId;
  await insertUpload(tx, { organisationId, sha256, length, format, createdBy, createdAt: at });
  await work.audit({
    action: "upload.begun",
    subjectKind: "upload",
    subjectId: sha256,
    payload: { length, format },
  });
  return uploadView(await getUpload(tx, organisationId, sha256));
}

/**
 * Checks the digest once everything is there. What is not the file that it was said to be is thrown away, so that it
 * can be sent again.
 * @throws {Refusal} UPLOAD_DIGEST_WRONG
 */
export async function finishUpload(
  cloud: Cloud,
  actor: Actor,
  requestId: string,
  upload: UploadRow,
): Promise<UploadRow> {
  const { organisationId, sha256, length, received, completedAt } = upload;
  if (received < length || completedAt !== null) return upload;
  const found = await keptDigest(cloud.db, organisationId, sha256);
  const isRight = found === sha256;
  const finished = await inTransaction(cloud, actor, requestId, async (work) => {
    if (isRight) await completeUpload(work.tx, organisationId, sha256, work.at);
    else await restartUpload(work.tx, organisationId, sha256);
    await work.audit({
      action: isRight ? "upload.completed" : "upload.refused",
      subjectKind: "upload",
      subjectId: sha256,
      payload: isRight ? { length } : { length, found },
    });
    return getUpload(work.tx, organisationId, sha256);
  });
  if (!isRight) throw new Refusal("UPLOAD_DIGEST_WRONG", { sha256, found });
  return finished;
}

/**
 * Keeps a request's bytes part by part as they come; what was kept stays when the connection breaks.
 * @param offset of the first byte in the file, as the client believes
 * @throws {Refusal} UPLOAD_UNKNOWN; UPLOAD_OFFSET_WRONG, also where another request goes on with the same upload;
 *   UPLOAD_OVERLONG, and nothing of the request is kept
 */
export async function receiveBytes(
  cloud: Cloud,
  organisationId: string,
  sha256: string,
  offset: number,
  body: AsyncIterable<Buffer>,
): Promise<UploadRow> {
  const upload = await getUpload(cloud.db, organisationId, sha256);
  if (offset !== upload.received) throw offsetWrong(upload, offset);
  let { received } = upload;
  const keep = async (bytes: Buffer): Promise<void> => {
    const place = { organisationId, sha256, received };
    if (!(await appendPart(cloud.db, place, bytes, cloud.now()))) {
      throw offsetWrong(await getUpload(cloud.db, organisationId, sha256), received);
    }
    received += bytes.length;
  };
  const waiting: Buffer[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(waiting.splice(0));
    size = 0;
    if (bytes.length > 0) await keep(bytes);
  };
  try {
    for await (const chunk of body) {
      const room = upload.length - received - size;
      if (chunk.length > room) {
        await takeBack(cloud.db, upload, received);
        throw new Refusal("UPLOAD_OVERLONG", { sha256, length: upload.length });
      }
      waiting.push(chunk);
      size += chunk.length;
      if (size >= PART_BYTES) await flush();
    }
  } catch (error) {
    // A connection that broke: keep what came.
    if (!(error instanceof Refusal)) await flush();
    throw error;
  }
  await flush();
  return getUpload(cloud.db, organisationId, sha256);
}

const offsetWrong = ({ sha256, received }: UploadRow, offset: number): Refusal =>
  new Refusal("UPLOAD_OFFSET_WRONG", { sha256, received, offset });
