import { expect, test } from "vitest";
import { CAMPAIGN_STATES, CAMPAIGN_VERBS, transition, type CampaignState } from "./life-cycle.ts";

// Columns in the order of VERBS; "·" is refused. A verb that was carried out before leads to where it led.
const VERBS = [...CAMPAIGN_VERBS, "halt", "complete"] as const;
const TABLE: Readonly<Record<CampaignState, string>> = {
  //          submit   approve   reject start  pause  resume abort   nextPhase retryFailed rollBack halt complete
  draft: "inReview · · · · · aborted · · · · ·",
  inReview: "inReview scheduled draft · · · aborted · · · · ·",
  scheduled: "· scheduled · active · · aborted · · · · ·",
  active: "· · · active paused active aborted active active reverted paused completed",
  paused: "· · · · paused active aborted paused paused reverted paused ·",
  completed: "· · · · · · · · completed reverted · completed",
  aborted: "· · · · · · aborted · · reverted · ·",
  reverted: "· · · · · · · · · reverted · ·",
};

test.each(CAMPAIGN_STATES)("C1 where each verb leads from %s", (state) => {
  expect(VERBS.map((verb) => transition(state, verb) ?? "·").join(" ")).toBe(TABLE[state]);
});
