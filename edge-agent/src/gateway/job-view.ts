import type { Offer, Stage } from "@halfshaft/ota-format";
import type { ConsentDecision, ConsentState, JobEcuState, JobState, VehicleState } from "../gateway-state.ts";
import { type Fact, isClosing } from "../journal/fact.ts";
import { consentOf, ecusWithoutDelta, endingOf, isFlashed, offerOf, planOf } from "../journal/job-facts.ts";
import { consentDeadline } from "../update/consent.ts";
import { busBytesOf, estimateOf, fileOf, isPatchedHere, transportOf } from "../update/choose-transport.ts";
import type { EcuPlan, Plan } from "../update/plan-types.ts";
import { conditionsOf } from "../vehicle-state.ts";
import { ecuStatus } from "./ecu-status.ts";
import { estimateStages, installationMs } from "./estimate.ts";
import { jobFraction, remainingMs } from "./job-progress.ts";
import { type LiveBytes, liveOf, type LiveProgress, sumBytes } from "./live-progress.ts";
import { nextNight } from "./next-night.ts";

/** What the view of a job is made of, besides its facts. */
export interface JobSurroundings {
  readonly now: number;
  readonly vehicle: VehicleState;
  readonly live: LiveProgress;
  readonly busBytesPerSecond: number;
}

/** The job as everyone sees it, from its facts and what is measured now. Undefined once its result has been seen. */
export function viewJob(facts: readonly Fact[], around: JobSurroundings): JobState | undefined {
  const offer = offerOf(facts);
  if (offer === undefined || facts.some((fact) => fact.payload?.seen === true)) return undefined;
  const plan = planOf(facts);
  const opened = facts.findLast((fact) => isClosing(fact) && fact.kind === "intent");
  const stage = opened?.step ?? "offer";
  const stageSince = (opened ?? facts[0]!).at;
  const decisions = openDecisions(facts, stage, around.now);
  const { name, headline, notes } = offer.release;
  return {
    jobId: offer.jobId,
    attempt: offer.attempt,
    release: { name, headline, notes },
    stage,
    stageSince,
    ...workOf(facts, stage, stageSince, around),
    ecus: ecusOf(offer, plan, facts, stage, around.live),
    ...(plan ? { consent: consentState(offer, plan, facts, around) } : {}),
    decisions,
    conditions: conditionsOf(offer.safetyPolicy, around.vehicle, around.now),
    ...(plan ? { download: downloadState(plan, facts, around.live) } : {}),
    ...outcomeOf(facts),
  };
}

function workOf(facts: readonly Fact[], stage: Stage, stageSince: number, around: JobSurroundings) {
  const plan = planOf(facts);
  if (plan === undefined) return { fraction: 0 };
  if (outcomeOf(facts).outcome !== undefined) return { fraction: 1 };
  const times = estimateStages(plan, facts, around.busBytesPerSecond);
  const stageFraction = fractionOf(stage, plan, facts, around.live);
  const progress = { stage, stageFraction, stageElapsedMs: Math.max(0, around.now - stageSince) };
  const fraction = jobFraction(progress, times);
  const isWaiting = stage === "consent" || stage === "readiness";
  return isWaiting ? { fraction } : { fraction, remainingMs: remainingMs(progress, times) };
}

function fractionOf(stage: Stage, plan: Plan, facts: readonly Fact[], live: LiveProgress): number {
  if (stage !== "download" && stage !== "patch" && stage !== "flash") return 0;
  const { done, total } = stepBytes(stage, plan, facts, live);
  return total === 0 ? 0 : done / total;
}

function stepBytes(
  stage: "download" | "patch" | "flash",
  plan: Plan,
  facts: readonly Fact[],
  live: LiveProgress,
): LiveBytes {
  const withoutDelta = ecusWithoutDelta(facts);
  const total = plan.ecus.reduce((sum, ecu) => sum + bytesIn(stage, ecu, withoutDelta), 0);
  const ids = plan.ecus.map(({ ecuId }) => ecuId);
  return { done: Math.min(total, sumBytes(live, stage, ids)), total };
}

function bytesIn(
  stage: "download" | "patch" | "flash",
  ecu: EcuPlan,
  withoutDelta: ReadonlySet<string>,
): number {
  if (stage === "download") return fileOf(ecu, withoutDelta).length;
  if (stage === "flash") return busBytesOf(ecu, withoutDelta);
  return isPatchedHere(transportOf(ecu, withoutDelta)) ? ecu.image.length : 0;
}

function downloadState(plan: Plan, facts: readonly Fact[], live: LiveProgress) {
  const { done, total } = stepBytes("download", plan, facts, live);
  const isOver = facts.some((fact) => fact.step === "download" && fact.kind === "done" && isClosing(fact));
  return { receivedBytes: isOver ? total : done, totalBytes: total, paused: live.paused };
}

function ecusOf(
  offer: Offer,
  plan: Plan | undefined,
  facts: readonly Fact[],
  stage: Stage,
  live: LiveProgress,
): readonly JobEcuState[] {
  const units = plan?.ecus ?? offer.ecus;
  const withoutDelta = ecusWithoutDelta(facts);
  return units.map((unit) => {
    const { ecuId, name, version: toVersion } = unit;
    const fromVersion = "fromVersion" in unit ? unit.fromVersion : undefined;
    const status = ecuStatus(ecuId, facts, stage, liveOf(live, stage, ecuId));
    const transport = "estimates" in unit ? estimateOf(unit, withoutDelta) : undefined;
    return {
      ecuId,
      name,
      ...(fromVersion === undefined ? {} : { fromVersion }),
      toVersion,
      ...status,
      ...(transport === undefined ? {} : { transport }),
    };
  });
}

function consentState(
  offer: Offer,
  plan: Plan,
  facts: readonly Fact[],
  { now, busBytesPerSecond }: JobSurroundings,
): ConsentState {
  const given = consentOf(facts);
  const times = estimateStages(plan, facts, busBytesPerSecond);
  const isLater = given?.answer === "install" && given.startAt > now;
  return {
    mode: offer.consent.mode === "forced" ? "forced" : "banner",
    deadline: consentDeadline(offer, plan),
    ...(isLater ? { scheduledFor: given.startAt } : {}),
    estimateMs: Math.round(installationMs(times)),
    tonightAt: nextNight(now),
  };
}

/** What a person may decide at this moment. Pure: the HMI shows it, `decide` holds to it. */
export function openDecisions(facts: readonly Fact[], stage: Stage, now: number): readonly ConsentDecision[] {
  const offer = offerOf(facts);
  const plan = planOf(facts);
  if (offer === undefined || plan === undefined || offer.consent.mode === "silent") return [];
  const isForced = offer.consent.mode === "forced";
  const later: ConsentDecision[] = nextNight(now) < consentDeadline(offer, plan) ? ["tonight"] : [];
  const decline: ConsentDecision[] = isForced ? [] : ["decline"];
  if (stage === "consent") return ["now", ...later, ...decline];
  return stage === "readiness" && !isFlashed(facts) ? [...later, ...decline] : [];
}

function outcomeOf(facts: readonly Fact[]): Pick<JobState, "outcome"> {
  const reported = facts.find((fact) => fact.step === "report" && fact.kind === "intent");
  if (reported?.payload?.outcome === undefined) return {};
  const { failure, safeToDrive } = endingOf(facts);
  const begun = facts.find((fact) => fact.step === "consent" && fact.kind === "done") ?? facts[0]!;
  return {
    outcome: {
      kind: reported.payload.outcome,
      at: reported.at,
      startedAt: begun.at,
      ...(failure === undefined ? {} : { failure }),
      safeToDrive,
      reported: facts.some((fact) => fact.step === "report" && fact.kind === "done"),
    },
  };
}
