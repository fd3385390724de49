import { Refusal } from "../refusals.ts";
import type { Act } from "./act.ts";
import { talliesOf } from "./counts.ts";
import { GATE_DEFAULTS, missingAt } from "./gates.ts";
import type { HaltReason } from "./halt.ts";
import { resume } from "./resume.ts";
import { beginPhase } from "./step.ts";
import { phasesOf, planOf, type PhaseRow } from "./store.ts";

/** Whether the phase that was asked for has begun already. */
export const hasBegun = async (given: Act): Promise<boolean> =>
  (await askedPhase(given)).asked.startedAt !== null;

/**
 * C8: begins a phase that its gate holds back. It is named, so that asking twice begins one phase and not two.
 * @returns what the gate was still waiting for
 * @throws {Refusal} CAMPAIGN_PHASE_UNKNOWN, CAMPAIGN_PHASE_NEEDED, CAMPAIGN_PHASE_NOT_NEXT, CAMPAIGN_HALTED where it
 * is not the gate that halted the campaign, or those of `resume`
 */
export async function nextPhase(given: Act): Promise<object> {
  const { work, campaign } = given;
  const { asked, phases } = await askedPhase(given);
  const next = phases.find(({ startedAt }) => startedAt === null)!;
  const { name } = campaign;
  if (asked !== next)
    throw new Refusal("CAMPAIGN_PHASE_NOT_NEXT", { name, phase: asked.name, next: next.name });
  if (campaign.state === "paused") {
    requireGateFailed(given);
    await resume(given);
  }
  await beginPhase(work, campaign, asked);
  const last = phases.findLast(({ startedAt }) => startedAt !== null);
  return { phase: asked.name, ...(last ? { overridden: await missingOf(given, last) } : {}) };
}

async function askedPhase({ work, campaign, asked: { phase } }: Act) {
  const { campaignId, name } = campaign;
  const phases = await phasesOf(work.tx, work.organisationId, [campaignId]);
  const namesOf = (some: readonly PhaseRow[]): string => some.map((one) => one.name).join(", ");
  const left = phases.filter(({ startedAt }) => startedAt === null);
  // Left out, it can only be the last one: of several, asking twice would begin two.
  if (phase === undefined && left.length > 1) {
    throw new Refusal("CAMPAIGN_PHASE_NEEDED", { name, phases: namesOf(left) });
  }
  const asked =
    phase === undefined ? phases.at(-1) : phases.find((one) => one.phaseId === phase || one.name === phase);
  if (!asked)
    throw new Refusal("CAMPAIGN_PHASE_UNKNOWN", { name, phase: phase ?? "", phases: namesOf(phases) });
  return { asked, phases };
}

/** What tripped the kill switch is for `resume`, which asks to look at it. */
function requireGateFailed({ campaign: { name, haltedFor } }: Act): void {
  const reasons = JSON.parse(haltedFor ?? "[]") as HaltReason[];
  if (reasons.length > 0 && reasons.every(({ kind }) => kind === "gateFailed")) return;
  throw new Refusal("CAMPAIGN_HALTED", { name });
}

async function missingOf({ work, campaign }: Act, phase: PhaseRow): Promise<readonly string[]> {
  const { tx, organisationId, at } = work;
  const { phaseId, filledAt, sampledAt } = phase;
  const tallies = await talliesOf(tx, organisationId, at, [{ phaseId, silenceMs: campaign.silenceMs }]);
  const gate = { ...GATE_DEFAULTS, ...planOf(phase).gate };
  return missingAt(gate, { tally: tallies.get(phaseId)!, filled: filledAt !== null, sampledAt, at });
}
