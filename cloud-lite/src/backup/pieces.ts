import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { ArtifactStore } from "../artifacts/store.ts";
import { Refusal } from "../refusals.ts";

/** A multiple of a database page: what did not change since the last backup is in a piece that is there already. */
const PIECE_BYTES = 1024 * 1024;

/** Puts a file into a store piece by piece. @returns their digests, in order */
export async function putPieces(objects: ArtifactStore, file: string): Promise<string[]> {
  const digests: string[] = [];
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: PIECE_BYTES })) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (; rest.length >= PIECE_BYTES; rest = rest.subarray(PIECE_BYTES)) {
      digests.push(await objects.put(rest.subarray(0, PIECE_BYTES)));
    }
  }
  if (rest.length > 0) digests.push(await objects.put(rest));
  return digests;
}

/** Makes the file again. @throws {Refusal} BACKUP_DAMAGED */
export async function joinPieces(
  objects: ArtifactStore,
  digests: readonly string[],
  file: string,
): Promise<void> {
  const made = await open(file, "wx", 0o600);
  try {
    for (const sha256 of digests) await made.writeFile(await readObject(objects, sha256));
    await made.sync();
  } finally {
    await made.close();
  }
}

const damaged = (sha256: string, reason: string): Refusal =>
  new Refusal("BACKUP_DAMAGED", { path: sha256, reason });

/**
 * @param refusal for an object that is missing, or is not what its name says
 * @throws {Refusal} that one; BACKUP_DAMAGED unless given
 */
export async function readObject(
  objects: ArtifactStore,
  sha256: string,
  refusal: (sha256: string, reason: string) => Refusal = damaged,
): Promise<Uint8Array> {
  if ((await objects.length(sha256)) === undefined) throw refusal(sha256, "it is missing");
  const bytes = await objects.read(sha256);
  const isSound = createHash("sha256").update(bytes).digest("hex") === sha256;
  if (!isSound) throw refusal(sha256, "its content was changed");
  return bytes;
}
