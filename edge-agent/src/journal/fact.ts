import type { FailureRecord, Offer, Outcome, Stage, TransportEstimate } from "@halfshaft/ota-format";
import type { Plan } from "../update/plan-types.ts";

/** The order to end with: every ECU of the job on the new software, or every one on the old. */
export type Decision = "commit" | "revert";

/** What a fact carries where a step after it, or after a power cut, needs more than that it happened. */
export interface FactPayload {
  /** `offer` done. */
  readonly offer?: Offer;
  /** `plan` done. */
  readonly plan?: Plan;
  /** `consent` decision: a person's (or the policy's) answer; `startAt` is wall time, UTC ms. */
  readonly consent?: { readonly answer: "install" | "decline"; readonly startAt: number };
  /** `consent` and `readiness` done. */
  readonly answer?: WaitAnswer;
  /** `readiness` intent: wall time at which the wait is given up, UTC ms. */
  readonly deadline?: number;
  /** `readiness` intent: what of the safety policy does not hold. */
  readonly missing?: readonly string[];
  /** `download` done for an ECU: digests of the bytes that are synced on disk, by algorithm. */
  readonly digests?: Readonly<Record<string, string>>;
  /** `patch` and `flash` done: some delta was of no use, so the full image is to be downloaded. */
  readonly fallBack?: boolean;
  /** `confirm` decision. */
  readonly decision?: Decision;
  /** `confirm` done for an ECU: healthy on trial, or where the decision has brought it. */
  readonly ecu?: "healthy" | "committed" | "reverted";
  /** Every `failed`, and the decision to revert. */
  readonly failure?: FailureRecord;
  /** `report` intent. */
  readonly outcome?: Outcome;
  /** `report` decision: the driver has seen the result. */
  readonly seen?: boolean;
  /** `download` and `flash` done for an ECU: how its image travels, for telemetry. */
  readonly transport?: TransportEstimate;
  /** Bytes that the step moved, for telemetry. */
  readonly bytes?: number;
}

/** How a wait ended. `ready`: go on; `later`: the driver put it off; `withdrawn`: the cloud took the offer back. */
export type WaitAnswer = "ready" | "later" | "declined" | "expired" | "withdrawn";

/** Something that happened in a job. Written and synced before anything that depends on it. */
export interface Fact {
  readonly v: 1;
  readonly jobId: string;
  readonly attempt: number;
  /** Rises by one over all jobs of this journal. */
  readonly seq: number;
  readonly step: Stage;
  /** Set where the step works on several ECUs; a fact without it opens or closes the whole step. */
  readonly ecuId?: string;
  readonly kind: "intent" | "done" | "failed" | "decision";
  /** SHA-256 of the plan that the job follows; empty before there is one. */
  readonly planDigest: string;
  /** Wall time, UTC ms. */
  readonly at: number;
  readonly payload?: FactPayload;
}

/** A fact as a step states it; the journal adds the rest. */
export type Statement = Pick<Fact, "step" | "ecuId" | "kind" | "payload">;

export const isClosing = (fact: Fact): boolean => fact.ecuId === undefined;
