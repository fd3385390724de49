import type { Flag, JsonText, Millis, Owned } from "../db/columns.ts";
import type { CampaignState } from "./life-cycle.ts";

interface CampaignsTable extends Owned {
  campaignId: string;
  name: string;
  releaseId: string;
  target: JsonText;
  consent: JsonText;
  safetyPolicy: JsonText;
  state: CampaignState;
  /** Before phases counted for themselves; see theirs. */
  skipped: JsonText;
  createdAt: Millis;
  startedAt: Millis | null;
  endedAt: Millis | null;
  kind: "general" | "recall" | "beta";
  /** 0 low, 1 normal, 2 critical: who comes first for one vehicle. */
  priority: number;
  /** Vehicles that come to match the target later get a job too. */
  dynamic: Flag;
  /** Makes the random choice of canaries reproducible. */
  seed: string;
  /** Thresholds of the kill switch. */
  halt: JsonText;
  silenceMs: Millis;
  downloadBytesPerSecond: number | null;
  /** Start by itself once approved; null: when told to. */
  startAt: Millis | null;
  /** Who made it: the person, not the key. */
  authorId: string | null;
  /** Who else has written it: none of them approves it either. */
  editorIds: JsonText;
  approverId: string | null;
  approvedAt: Millis | null;
  /** Where its author may reach vehicles: it reaches none beyond. */
  scopes: JsonText;
  /** Why it is paused, where the kill switch did it. */
  haltedFor: JsonText | null;
  /** The campaign whose vehicles this one brings back. */
  revertsCampaignId: string | null;
  /** Jobs with ids between these are tried again where they failed; null: none. */
  retryAfter: string | null;
  retryBelow: string | null;
  /** 0 as long as the reconciler has something to do. */
  settled: Flag;
  /** Raised by each step of the reconciler: taking it locks the row. */
  steps: number;
}

interface PhasesTable extends Owned {
  phaseId: string;
  campaignId: string;
  position: number;
  name: string;
  startedAt: Millis | null;
  /** As it was asked for: size, criteria, pace, times and gate. */
  plan: JsonText;
  /** First rank that the phase does not take; null until it was chosen. */
  rankBelow: number | null;
  /** The last vehicle that was looked at. */
  cursor: string | null;
  /** When all of its jobs existed. */
  filledAt: Millis | null;
  /** When the next vehicle is due, where the phase is paced. */
  paceAt: Millis | null;
  sampledAt: Millis | null;
  /** Vehicles that got no job, by reason. */
  skipped: JsonText;
}

export interface CampaignsTables {
  campaigns: CampaignsTable;
  phases: PhasesTable;
}
