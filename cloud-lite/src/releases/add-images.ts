import type { Image, ImageRequirements } from "@halfshaft/ota-format";
import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { requireDraft } from "./draft-routes.ts";
import { getHardware } from "./hardware-store.ts";
import type { UploadResult } from "./schema.ts";
import { getRelease, isReleased, putImage } from "./store.ts";
import { type ReadFile, readUpload, type UploadedFile } from "./uploads/upload.ts";

interface GivenFile extends Omit<UploadedFile, "hardwareId" | "regions"> {
  /** The ECU types that the file is for: each gets an image of its own, for each is signed for one. */
  readonly hardwareIds: readonly string[];
}

/**
 * Reads a file for each of its ECU types; changes nothing yet.
 * @throws {Refusal} HARDWARE_UNKNOWN, or what is wrong with the file
 */
export async function readImages(
  cloud: Cloud,
  organisationId: string,
  { hardwareIds, ...file }: GivenFile,
): Promise<ReadFile[]> {
  const read: ReadFile[] = [];
  for (const hardwareId of new Set(hardwareIds)) {
    const { regions } = await getHardware(cloud.db, organisationId, hardwareId);
    read.push(readUpload({ hardwareId, regions, ...file }));
  }
  return read;
}

/**
 * Puts what was read into a draft, in place of what the draft had for the same ECU types.
 * @throws {Refusal} RELEASE_UNKNOWN, RELEASE_IMMUTABLE or IMAGE_VERSION_TAKEN
 */
export async function putImages(
  cloud: Cloud,
  work: Work,
  releaseId: string,
  read: readonly ReadFile[],
  requires: ImageRequirements = {},
): Promise<UploadResult> {
  const { tx, organisationId, at } = work;
  const release = await getRelease(tx, organisationId, releaseId);
  const demands = Object.keys(requires).length === 0 ? {} : { requires };
  const images: Image[] = [];
  for (const { image, file } of read) {
    const { hardwareId, version } = image;
    if (await isReleased(tx, organisationId, hardwareId, version)) {
      throw new Refusal("IMAGE_VERSION_TAKEN", { hardwareId, version });
    }
    requireDraft(release);
    // A file without a row is harmless; a row without its file would not be.
    await cloud.artifacts.put(file);
    images.push(await putImage(tx, organisationId, at, releaseId, { ...image, ...demands }));
  }
  const [image, ...also] = images;
  const result = {
    image: image!,
    ...(also.length === 0 ? {} : { also }),
    leftOut: read[0]!.leftOut,
  };
  await work.audit({
    action: "image.uploaded",
    subjectKind: "release",
    subjectId: releaseId,
    payload: result,
  });
  return result;
}
