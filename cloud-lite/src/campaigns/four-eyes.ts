import type { Operator } from "../access/store.ts";
import type { Cloud } from "../cloud.ts";
import { Refusal } from "../refusals.ts";
import { authorsOf, type CampaignRow } from "./store.ts";

/** How an approval came about; `waived` where the cloud is configured to do without a second person. */
export type FourEyes = "kept" | "waived";

/**
 * C2: a campaign is approved by someone who has not written any of it: another person, not another key of the same.
 * @throws {Refusal} CAMPAIGN_OWN_APPROVAL
 */
export function checkApprover(cloud: Cloud, { principalId }: Operator, campaign: CampaignRow): FourEyes {
  const authors = authorsOf(campaign);
  if (authors.length > 0 && !authors.includes(principalId)) return "kept";
  if (cloud.config.fourEyes === "off") return "waived";
  throw new Refusal("CAMPAIGN_OWN_APPROVAL", { name: campaign.name, principalId });
}
