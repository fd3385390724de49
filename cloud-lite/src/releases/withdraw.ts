import type { Release } from "@halfshaft/ota-format";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { getRelease } from "./store.ts";

/**
 * Takes a release out of use: it stays as it is, for vehicles run it, and no vehicle is offered it any more. Its
 * active campaigns are paused in the same transaction, so no poll comes between.
 * @throws {Refusal} RELEASE_UNKNOWN or RELEASE_NOT_PUBLISHED; a second time it changes nothing
 */
export async function withdrawRelease(work: Work, releaseId: string, reason: string): Promise<Release> {
  const { tx, organisationId, at } = work;
  const { name, state, ...release } = await getRelease(tx, organisationId, releaseId);
  if (state === "withdrawn") return { name, state, ...release };
  if (state !== "published") throw new Refusal("RELEASE_NOT_PUBLISHED", { name, state });
  await tx
    .updateTable("releases")
    .set({ state: "withdrawn", withdrawnAt: at, withdrawnBecause: reason })
    .where("organisationId", "=", organisationId)
    .where("releaseId", "=", releaseId)
    .execute();
  await haltCampaigns(work, releaseId);
  await work.audit({
    action: "release.withdrawn",
    subjectKind: "release",
    subjectId: releaseId,
    payload: { before: { state }, after: { state: "withdrawn" } },
    why: reason,
  });
  return getRelease(tx, organisationId, releaseId);
}

/** As the kill switch does: it would find the same at its next turn, but vehicles may ask before. */
async function haltCampaigns(work: Work, releaseId: string): Promise<void> {
  const reasons = [{ kind: "releaseWithdrawn" }];
  const halted = await work.tx
    .updateTable("campaigns")
    .set({ state: "paused", haltedFor: JSON.stringify(reasons) })
    .where("organisationId", "=", work.organisationId)
    .where("releaseId", "=", releaseId)
    .where("state", "=", "active")
    .returning("campaignId")
    .execute();
  for (const { campaignId } of halted) {
    await work.audit({
      action: "campaign.halted",
      subjectKind: "campaign",
      subjectId: campaignId,
      payload: { before: { state: "active" }, after: { state: "paused" }, reasons },
    });
  }
}
