import { exceeding, scopesOf, type Permission, type Scope } from "../access/grants.ts";
import type { Operator } from "../access/store.ts";
import { Refusal } from "../refusals.ts";
import { scopesOfCampaign, type CampaignRow } from "./store.ts";

/**
 * Whether everything that `inner` covers lies within `outer`; each scope must lie within a single one, for scopes do
 * not merge.
 */
export const liesWithin = (inner: readonly Scope[], outer: readonly Scope[]): boolean =>
  exceeding(inner.map(asViewer), outer.map(asViewer)) === undefined;

const asViewer = (scope: Scope) => ({ role: "viewer", scope }) as const;

/** A campaign reaches what its author reached: who acts on it must reach as far. @throws {Refusal} CAMPAIGN_OUT_OF_SCOPE */
export function requireReach(actor: Operator, permission: Permission, campaign: CampaignRow): void {
  if (liesWithin(scopesOfCampaign(campaign), scopesOf(actor.grants, permission))) return;
  throw new Refusal("CAMPAIGN_OUT_OF_SCOPE", { name: campaign.name, permission });
}
