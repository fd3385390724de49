import type { Cloud } from "../cloud.ts";
import { mayPass } from "../passing.ts";
import { inBackground } from "../plugins/writes.ts";
import { haltCampaign } from "./step.ts";
import { lockCampaign, phasesOf, type CampaignRow } from "./store.ts";

/** Steps of a campaign that may fail in a row before it is halted. */
const MOST_IN_A_ROW = 3;

export interface CampaignKey {
  readonly organisationId: string;
  readonly campaignId: string;
}

/** Keeps account of the steps that failed, by campaign. */
export interface StepFailures {
  readonly worked: (campaignId: string) => void;
  readonly failed: (key: CampaignKey, error: unknown) => Promise<void>;
}

/**
 * Halts a campaign whose steps fail again and again by what waiting does not mend: a rule that cannot be carried out
 * stops a campaign. What may pass does not count.
 */
export function createStepFailures(cloud: () => Cloud): StepFailures {
  const inARow = new Map<string, number>();
  return {
    worked: (campaignId) => void inARow.delete(campaignId),
    async failed(key, error) {
      if (mayPass(error)) return;
      const failures = (inARow.get(key.campaignId) ?? 0) + 1;
      inARow.set(key.campaignId, failures);
      if (failures < MOST_IN_A_ROW) return;
      await haltUnreadable(cloud(), key);
      inARow.delete(key.campaignId);
    },
  };
}

/** What was ended by a person stays ended, however much of it is still to be taken back. */
const HALTED_FROM: readonly CampaignRow["state"][] = ["scheduled", "active"];

const haltUnreadable = (cloud: Cloud, { organisationId, campaignId }: CampaignKey): Promise<void> =>
  inBackground(cloud, organisationId, ["campaigns", campaignId], async (work) => {
    const campaign = await lockCampaign(work.tx, organisationId, campaignId);
    if (!HALTED_FROM.includes(campaign.state)) return;
    const phases = await phasesOf(work.tx, organisationId, [campaignId]);
    const phase = phases.findLast(({ startedAt }) => startedAt !== null) ?? phases[0]!;
    await haltCampaign(cloud, work, campaign, [{ kind: "unreadable", phase: phase.name }]);
  });
