import type { Release } from "@halfshaft/ota-format";
import { imageTargetName, type ImageTargetCustom } from "@halfshaft/ota-format/trust";
import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { signDescriptor } from "../trust/descriptors.ts";
import { addImageTargets, imageScope, signImageRepository } from "../trust/image-repository.ts";
import { planDeltas } from "./deltas/delta-store.ts";
import { checkSatisfiable } from "./requirements.ts";
import { getRelease, isReleased } from "./store.ts";

/**
 * Makes a draft a release: from here on nothing of it changes. Signs each image's descriptor and the Image
 * repository in the same transaction, and asks for deltas.
 * @throws {Refusal} RELEASE_IMMUTABLE, RELEASE_EMPTY, REQUIREMENTS_UNMET or IMAGE_VERSION_TAKEN
 */
export async function publishRelease(cloud: Cloud, work: Work, releaseId: string): Promise<Release> {
  const { tx, organisationId, at } = work;
  const release = await getRelease(tx, organisationId, releaseId);
  const { name, state, images } = release;
  if (state !== "draft") throw new Refusal("RELEASE_IMMUTABLE", { name, state });
  if (images.length === 0) throw new Refusal("RELEASE_EMPTY", { name, releaseId });
  await checkSatisfiable(tx, organisationId, release);

  const scope = imageScope(tx, organisationId, at);
  for (const image of images) {
    const { hardwareId, version, releaseCounter, segments, length, sha256, sha512 } = image;
    if (await isReleased(tx, organisationId, hardwareId, version)) {
      throw new Refusal("IMAGE_VERSION_TAKEN", { hardwareId, version });
    }
    const descriptor = await signDescriptor(image, cloud.signers.descriptor);
    await tx
      .updateTable("images")
      .set({ descriptor, published: 1 })
      .where("organisationId", "=", organisationId)
      .where("imageId", "=", image.imageId)
      .execute();
    const custom: ImageTargetCustom = { hardwareId, version, releaseCounter, segments, descriptor };
    const path = imageTargetName(hardwareId, version);
    await addImageTargets(scope, [{ path, role: "targets", length, sha256, sha512, custom }]);
  }
  await tx
    .updateTable("releases")
    .set({ state: "published", publishedAt: at })
    .where("organisationId", "=", organisationId)
    .where("releaseId", "=", releaseId)
    .execute();
  await signImageRepository(scope, cloud.signers, ["targets"]);
  await planDeltas(tx, organisationId, at, images);
  work.afterCommit(() => cloud.deltas.wake());

  const published = await getRelease(tx, organisationId, releaseId);
  await work.audit({
    action: "release.published",
    subjectKind: "release",
    subjectId: releaseId,
    payload: published,
  });
  return published;
}
