import { exceeding, narrow, scopesOf, type Permission, type Scope } from "../access/grants.ts";
import type { Operator } from "../access/store.ts";
import type { Database } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import { getCampaignRow, scopesOfCampaign, type CampaignRow } from "./store.ts";

/**
 * Whether everything that `inner` covers lies within `outer`; each scope must lie within a single one, for scopes do
 * not merge.
 */
export const liesWithin = (inner: readonly Scope[], outer: readonly Scope[]): boolean =>
  exceeding(inner.map(asViewer), outer.map(asViewer)) === undefined;

const asViewer = (scope: Scope) => ({ role: "viewer", scope }) as const;

/** Whether a campaign may reach some vehicle that lies within the scopes: who sees no such vehicle sees none of it. */
export const isVisible = (campaign: CampaignRow, scopes: readonly Scope[]): boolean =>
  narrow(scopesOfCampaign(campaign).map(asViewer), scopes.map(asViewer)).length > 0;

/** A campaign reaches what its author reached: who acts on it must reach as far. @throws {Refusal} CAMPAIGN_OUT_OF_SCOPE */
export function requireReach(actor: Operator, permission: Permission, campaign: CampaignRow): void {
  if (liesWithin(scopesOfCampaign(campaign), scopesOf(actor.grants, permission))) return;
  throw new Refusal("CAMPAIGN_OUT_OF_SCOPE", { name: campaign.name, permission });
}

/** @throws {Refusal} CAMPAIGN_UNKNOWN, also where it reaches no vehicle within the scopes */
export async function requireVisible(
  db: Database,
  organisationId: string,
  campaignId: string,
  scopes: readonly Scope[],
): Promise<void> {
  const campaign = await getCampaignRow(db, organisationId, campaignId);
  if (!isVisible(campaign, scopes)) throw new Refusal("CAMPAIGN_UNKNOWN", { campaignId });
}
