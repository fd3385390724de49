import { liesWithin, narrow, scopesOf, type Permission, type Scope } from "../access/grants.ts";
import type { Operator } from "../access/store.ts";
import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import { inScope } from "../vehicles/scope.ts";
import { getCampaignRow, scopesOfCampaign, targetOf, type CampaignRow } from "./store.ts";
import { selectsAny } from "./targeting.ts";

const asViewer = (scope: Scope) => ({ role: "viewer", scope }) as const;

/** Whether these scopes cover whatever a campaign may reach: what its author reached. */
export const reachesAll = (campaign: CampaignRow, scopes: readonly Scope[]): boolean =>
  liesWithin(scopesOfCampaign(campaign), scopes);

/** Whether a campaign is for some vehicle within the scopes, or has a job there: who sees no such vehicle sees none of it. */
export async function isVisible(
  db: Database,
  campaign: CampaignRow,
  scopes: readonly Scope[],
  at: number,
): Promise<boolean> {
  if (reachesAll(campaign, scopes)) return true;
  const common = narrow(scopesOfCampaign(campaign).map(asViewer), scopes.map(asViewer));
  const context = { organisationId: campaign.organisationId, at, scopes: common.map(({ scope }) => scope) };
  return (
    (common.length > 0 && (await selectsAny(db, targetOf(campaign), context))) ||
    hasJobWithin(db, campaign, scopes)
  );
}

async function hasJobWithin(
  db: Database,
  { organisationId, campaignId }: CampaignRow,
  scopes: readonly Scope[],
): Promise<boolean> {
  const job = await db
    .selectFrom("jobs as j")
    .innerJoin("vehicles as v", (join) =>
      join.onRef("v.organisationId", "=", "j.organisationId").onRef("v.vehicleId", "=", "j.vehicleId"),
    )
    .select("j.jobId")
    .where("j.organisationId", "=", organisationId)
    .where("j.campaignId", "=", campaignId)
    .where((eb) => inScope(eb, scopes))
    .limit(1)
    .executeTakeFirst();
  return job !== undefined;
}

/**
 * Who acts on a campaign, or reads figures of it as a whole, must reach as far as it does.
 * @throws {Refusal} CAMPAIGN_UNKNOWN or, where some of it may be seen, CAMPAIGN_OUT_OF_SCOPE
 */
export async function requireReach(
  db: Database,
  actor: Operator,
  permission: Permission,
  campaign: CampaignRow,
  at: number,
): Promise<void> {
  if (reachesAll(campaign, scopesOf(actor.grants, permission))) return;
  const { campaignId, name } = campaign;
  if (!(await isVisible(db, campaign, scopesOf(actor.grants, "campaign.read"), at))) {
    throw new Refusal("CAMPAIGN_UNKNOWN", { campaignId });
  }
  throw new Refusal("CAMPAIGN_OUT_OF_SCOPE", { name, permission });
}

/** @throws {Refusal} CAMPAIGN_UNKNOWN, also where it is for no vehicle within the scopes */
export async function requireVisible(
  db: Database,
  organisationId: string,
  campaignId: string,
  scopes: readonly Scope[],
  at: number,
): Promise<void> {
  const campaign = await getCampaignRow(db, organisationId, campaignId);
  if (!(await isVisible(db, campaign, scopes, at))) throw new Refusal("CAMPAIGN_UNKNOWN", { campaignId });
}
