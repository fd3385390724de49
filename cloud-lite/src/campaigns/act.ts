import type { Operator } from "../access/store.ts";
import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import type { CampaignVerb } from "./life-cycle.ts";
import type { CampaignRow } from "./store.ts";

/** What somebody asks to be done. */
export interface Asked {
  readonly campaignId: string;
  readonly verb: CampaignVerb;
  /** Kept in the audit log. */
  readonly why?: string;
  /** Name or id of the phase that `nextPhase` is to begin. */
  readonly phase?: string;
}

/** What a verb works with. The campaign is taken: see `lockCampaign`. */
export interface Act {
  readonly cloud: Cloud;
  readonly work: Work;
  readonly actor: Operator;
  readonly campaign: CampaignRow;
  readonly asked: Asked;
}
