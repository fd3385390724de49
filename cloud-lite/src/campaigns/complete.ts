import type { Work } from "../plugins/writes.ts";

/** A campaign is completed when its last job has ended. */
export async function completeIfOver(work: Work, campaignId: string): Promise<void> {
  const { tx, organisationId } = work;
  const open = await tx
    .selectFrom("jobs")
    .select("jobId")
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("status", "in", ["queued", "offered", "active"])
    .limit(1)
    .executeTakeFirst();
  if (open) return;
  const completed = await tx
    .updateTable("campaigns")
    .set({ state: "completed", endedAt: work.at })
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", campaignId)
    .where("state", "in", ["active", "paused"])
    .returning("name")
    .executeTakeFirst();
  if (!completed) return;
  await work.audit(
    { action: "campaign.completed", subjectKind: "campaign", subjectId: campaignId, payload: completed },
    { kind: "cloud", id: "campaigns" },
  );
}
