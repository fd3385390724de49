import type { Expression, SqlBool } from "kysely";
import type { Work } from "../plugins/writes.ts";
import { isSilent } from "./counts.ts";
import { getCampaignRow, type CampaignRow, type PhaseRow } from "./store.ts";

/** A report that comes while a phase is filled may be seen by neither: so long before it is looked for again. */
const OVERLAP_MS = 60_000;

/**
 * Vehicles that were under way when their campaign was rolled back: they finish, and only then can be brought back.
 * @param phases of the campaign that brings vehicles back
 * @returns when its phases are to be filled again, UTC ms; undefined: nobody is still to come
 */
export async function stragglersAt(
  work: Work,
  campaign: CampaignRow,
  phases: readonly { readonly row: PhaseRow }[],
): Promise<number | undefined> {
  const { revertsCampaignId } = campaign;
  if (revertsCampaignId === null) return undefined;
  const filledAt = Math.min(...phases.map(({ row }) => row.filledAt ?? work.at));
  const { late, underWay } = await count(work, campaign, revertsCampaignId, filledAt - OVERLAP_MS);
  if (late > 0) return filledAt + OVERLAP_MS;
  return underWay > 0 ? Number.POSITIVE_INFINITY : undefined;
}

async function count(
  { tx, organisationId, at }: Work,
  { campaignId }: CampaignRow,
  revertsCampaignId: string,
  since: number,
) {
  const { silenceMs } = await getCampaignRow(tx, organisationId, revertsCampaignId);
  const { late, underWay } = await tx
    .selectFrom("jobs")
    .select((eb) => {
      const jobsWhere = (condition: Expression<SqlBool>) =>
        eb.fn.sum<number | null>(eb.case().when(condition).then(1).else(0).end());
      const hasJobHere = eb.exists(
        eb
          .selectFrom("jobs as here")
          .select("here.jobId")
          .whereRef("here.organisationId", "=", "jobs.organisationId")
          .whereRef("here.vehicleId", "=", "jobs.vehicleId")
          .where("here.campaignId", "=", campaignId),
      );
      const isLate = eb.and([
        eb("jobs.status", "=", "succeeded"),
        eb("jobs.heardAt", ">=", since),
        eb.not(hasJobHere),
      ]);
      const isUnderWay = eb.and([eb("jobs.status", "=", "active"), eb.not(isSilent(at - silenceMs))]);
      return [jobsWhere(isLate).as("late"), jobsWhere(isUnderWay).as("underWay")];
    })
    .where("organisationId", "=", organisationId)
    .where("campaignId", "=", revertsCampaignId)
    .where("latest", "=", 1)
    .where("status", "in", ["active", "succeeded"])
    .executeTakeFirstOrThrow();
  return { late: late ?? 0, underWay: underWay ?? 0 };
}
