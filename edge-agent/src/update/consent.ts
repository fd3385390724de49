import type { Offer } from "@halfshaft/ota-format";
import type { Fact, FactPayload, WaitAnswer } from "../journal/fact.ts";
import { consentOf } from "../journal/job-facts.ts";
import type { UpdateDeps } from "./deps.ts";
import { HttpError } from "../http/http-error.ts";
import { journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import type { Plan } from "./plan-types.ts";

type Consent = NonNullable<FactPayload["consent"]>;

/** The end of the time that a person has to decide, UTC ms; no consent outlives the metadata behind the plan. */
export function consentDeadline({ consent, expiresAt }: Offer, plan: Plan): number {
  return Math.min(consent.deadline ?? expiresAt, expiresAt, plan.validUntil);
}

/**
 * Waits until the update may be installed, or the cloud takes it back: it is asked with every wake-up, and after any
 * wait once more before the update begins. Answers come as facts, from a person through `decide`, or from the policy
 * here; "tonight" is a fact with its absolute time, so it outlives a restart.
 */
export function consent(job: Job, deps: UpdateDeps, signal: AbortSignal): Promise<WaitAnswer> {
  const run = async (): Promise<WaitAnswer> => {
    let hasWaited = false;
    while (true) {
      const now = deps.now();
      const next = nextOf(job, deps.journal.facts, now);
      if (next === "ready" && hasWaited && (await isWithdrawn(job, deps, signal))) return "withdrawn";
      if (typeof next === "string") return next;
      if ("consent" in next) {
        await deps.journal.append(consentFact(next.consent));
        continue;
      }
      const before = deps.clock.now();
      await deps.nudge.pause(next.pauseMs, signal);
      hasWaited = true;
      const wasWoken = deps.clock.now() - before < next.pauseMs;
      if (wasWoken && isWaiting(job, deps) && (await isWithdrawn(job, deps, signal))) return "withdrawn";
    }
  };
  return journaled("consent", deps, signal, run, { done: (answer) => ({ answer }) });
}

/** Whether it is not a person's answer that ended the wait. */
const isWaiting = (job: Job, { journal, now }: UpdateDeps): boolean =>
  typeof nextOf(job, journal.facts, now()) !== "string";

/** Whether the cloud offers this job no more. Without an answer nothing changes: the offer stands as long as it says. */
async function isWithdrawn({ offer }: Job, { cloud }: UpdateDeps, signal: AbortSignal): Promise<boolean> {
  try {
    const now = await cloud.offer(signal);
    return now?.jobId !== offer.jobId;
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}

type Next = WaitAnswer | { readonly consent: Consent } | { readonly pauseMs: number };

/** Time is asked again at least so often: the wall clock of a vehicle may be set meanwhile. */
const LONGEST_PAUSE_MS = 60_000;

/** What follows from what was answered, and when. Pure. */
export function nextOf({ offer, plan }: Job, facts: readonly Fact[], now: number): Next {
  const given = consentOf(facts);
  if (given?.answer === "decline") return "declined";
  if (given !== undefined) {
    if (given.startAt <= now) return "ready";
    return { pauseMs: Math.min(given.startAt - now, LONGEST_PAUSE_MS) };
  }
  const { mode } = offer.consent;
  if (mode === "silent") return { consent: { answer: "install", startAt: now } };
  const deadline = consentDeadline(offer, plan);
  if (now < deadline) return { pauseMs: Math.min(deadline - now, LONGEST_PAUSE_MS) };
  return mode === "forced" ? { consent: { answer: "install", startAt: now } } : "expired";
}

export const consentFact = (consent: Consent) =>
  ({ step: "consent", kind: "decision", payload: { consent } }) as const;
