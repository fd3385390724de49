import type { ConsentPolicy } from "@halfshaft/ota-format";
import { Refusal } from "../refusals.ts";
import type { CampaignBody } from "./schema.ts";

/**
 * Refuses a consent policy that no vehicle could keep.
 * @throws {Refusal} DEADLINE_PAST or CONSENT_UNFIT
 */
export function checkConsent({ consent, kind }: Pick<CampaignBody, "consent" | "kind">, at: number): void {
  const { mode, deadline, timeOfDay }: ConsentPolicy = consent;
  checkDeadline(consent, at);
  if (mode === "forced" && deadline === undefined) throw unfit("forced has no deadline");
  if (timeOfDay !== undefined && deadline === undefined) {
    throw unfit("its time of day is that of a deadline, and it has none");
  }
  if (kind === "recall" && mode === "banner") {
    throw unfit("a recall overrides the driver's schedule, and a banner waits for it");
  }
}

/** @throws {Refusal} DEADLINE_PAST */
export function checkDeadline(consent: ConsentPolicy, at: number): void {
  if (!isPast(consent, at)) return;
  throw new Refusal("DEADLINE_PAST", { deadline: new Date(consent.deadline!).toISOString() });
}

/** Whether its deadline lies behind. */
export const isPast = ({ deadline }: ConsentPolicy, at: number): boolean =>
  deadline !== undefined && deadline <= at;

/** A consent policy for another campaign, from one whose deadline may lie behind by now. */
export function renewed(consent: ConsentPolicy, at: number, offerTtlMs: number): ConsentPolicy {
  const { mode, deadline } = consent;
  if (deadline !== undefined && !isPast(consent, at)) return consent;
  return mode === "forced" ? { ...consent, deadline: at + offerTtlMs } : { mode };
}

const unfit = (reason: string): Refusal => new Refusal("CONSENT_UNFIT", { reason });
