import { Refusal } from "../refusals.ts";

/** C1: where a campaign stands. Which phase of an active one runs is told by its phases. */
export const CAMPAIGN_STATES = [
  "draft",
  "inReview",
  "scheduled",
  "active",
  "paused",
  "completed",
  "aborted",
  "reverted",
] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** What a person can do to a campaign; each is one route. */
export const CAMPAIGN_VERBS = [
  "submit",
  "approve",
  "reject",
  "start",
  "pause",
  "resume",
  "abort",
  "nextPhase",
  "retryFailed",
  "rollBack",
] as const;
export type CampaignVerb = (typeof CAMPAIGN_VERBS)[number];

/** `halt` is the kill switch's own pause; `complete` follows from the jobs. */
type Transition = CampaignVerb | "halt" | "complete";

/** From where each verb leads, and to what; without `to` the state stays, but that the next phase resumes a campaign. */
const TRANSITIONS: Readonly<
  Record<Transition, { readonly from: readonly CampaignState[]; readonly to?: CampaignState }>
> = {
  submit: { from: ["draft"], to: "inReview" },
  approve: { from: ["inReview"], to: "scheduled" },
  reject: { from: ["inReview"], to: "draft" },
  start: { from: ["scheduled"], to: "active" },
  pause: { from: ["active"], to: "paused" },
  halt: { from: ["active"], to: "paused" },
  resume: { from: ["paused"], to: "active" },
  abort: { from: ["draft", "inReview", "scheduled", "active", "paused"], to: "aborted" },
  nextPhase: { from: ["active", "paused"] },
  retryFailed: { from: ["active", "paused", "completed"] },
  rollBack: { from: ["active", "paused", "completed", "aborted", "reverted"], to: "reverted" },
  complete: { from: ["active"], to: "completed" },
};

/**
 * Where a verb leads: a new state, the same one where the verb was carried out before, or undefined where it is
 * illegal. `reject` is not repeatable: a draft may never have been in review.
 */
export function transition(state: CampaignState, verb: Transition): CampaignState | undefined {
  const { from, to } = TRANSITIONS[verb];
  if (from.includes(state)) return to ?? state;
  return isDone(state, verb) ? state : undefined;
}

/** Whether a verb does nothing in this state, for it was carried out before. */
export const isDone = (state: CampaignState, verb: Transition): boolean =>
  verb !== "reject" && TRANSITIONS[verb].to === state && !TRANSITIONS[verb].from.includes(state);

/** CAMPAIGN_STATE: something is not possible now; it says what is. */
export function wrongState({ name, state }: { name: string; state: CampaignState }, verb: string): Refusal {
  const possible = CAMPAIGN_VERBS.filter((one) => TRANSITIONS[one].from.includes(state));
  return new Refusal("CAMPAIGN_STATE", { name, state, verb, possible: possible.join(", ") || "nothing" });
}

/** States in which the reconciler has something to do, until all is settled. */
export const LIVE_STATES = [
  "scheduled",
  "active",
  "paused",
  "aborted",
  "reverted",
] as const satisfies readonly CampaignState[];
