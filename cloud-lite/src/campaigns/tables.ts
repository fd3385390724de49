import type { JsonText, Millis, Owned } from "../db/columns.ts";

interface CampaignsTable extends Owned {
  campaignId: string;
  name: string;
  releaseId: string;
  target: JsonText;
  consent: JsonText;
  safetyPolicy: JsonText;
  state: "draft" | "active" | "paused" | "completed" | "aborted";
  /** Vehicles of the target that got no job, by reason. */
  skipped: JsonText;
  createdAt: Millis;
  startedAt: Millis | null;
  endedAt: Millis | null;
}

interface PhasesTable extends Owned {
  phaseId: string;
  campaignId: string;
  position: number;
  name: string;
  startedAt: Millis | null;
}

export interface CampaignsTables {
  campaigns: CampaignsTable;
  phases: PhasesTable;
}
