import type { FailureRecord } from "@halfshaft/ota-format";
import type { Decision } from "../journal/fact.ts";
import { decisionOf, trialFailure } from "../journal/job-facts.ts";
import type { UpdateDeps } from "./deps.ts";
import { askPatiently, driveToNew, driveToOld, standingOf } from "./drive.ts";
import { failureOf, UpdateFailure } from "./failure.ts";
import { forEachEcu, journaled } from "./journaled.ts";
import type { Job } from "./machine.ts";
import type { EcuPlan } from "./plan-types.ts";
import { retrying } from "./retrying.ts";

/**
 * The second half of the two-phase commit: confirm the health of all ECUs, write the decision, then commit or revert
 * all. Once the decision is written it is followed, after however many power cuts.
 * @throws {UpdateFailure} only where an ECU cannot be brought where the decision says
 */
export function confirm({ plan }: Job, deps: UpdateDeps, signal: AbortSignal): Promise<void> {
  return journaled("confirm", deps, signal, async () => {
    const decision = decisionOf(deps.journal.facts) ?? (await decide(plan.ecus, deps, signal));
    await forEachEcu("confirm", plan.ecus, deps, signal, async (ecu) => {
      await settle(ecu, decision, deps, signal);
      return { ecu: decision === "commit" ? "committed" : "reverted" };
    });
  });
}

/** One ECU that is not healthy, or did not start, brings all back. */
async function decide(ecus: readonly EcuPlan[], deps: UpdateDeps, signal: AbortSignal): Promise<Decision> {
  const failure = trialFailure(deps.journal.facts) ?? (await healthFailure(ecus, deps, signal));
  const decision = failure === undefined ? "commit" : "revert";
  await deps.journal.append({ step: "confirm", kind: "decision", payload: { decision, failure } });
  return decision;
}

async function healthFailure(
  ecus: readonly EcuPlan[],
  deps: UpdateDeps,
  signal: AbortSignal,
): Promise<FailureRecord | undefined> {
  try {
    await forEachEcu("confirm", ecus, deps, signal, async (ecu) => {
      await checkHealth(ecu, deps, signal);
      return { ecu: "healthy" };
    });
  } catch (error) {
    if (error instanceof UpdateFailure) return error.record;
    throw error;
  }
  return undefined;
}

/** On trial, with the very image that was signed. @throws {UpdateFailure} */
async function checkHealth(ecu: EcuPlan, { ecus }: UpdateDeps, signal: AbortSignal): Promise<void> {
  const { ecuId, name, version } = ecu;
  const status = await ecus.use(ecuId, (installer) => askPatiently(installer, signal));
  const standing = standingOf(status, ecu);
  if (standing === "new-on-trial" || standing === "new-committed") {
    if (status.version === version) return;
    const reason = `it calls its software ${status.version ?? "nothing"}`;
    throw new UpdateFailure({ code: "CONFIRM_UNHEALTHY", operands: { name, version, reason }, ecuId });
  }
  const found = status.version ?? "no software";
  throw new UpdateFailure({ code: "CONFIRM_BOOT_FAILED", operands: { name, version, found }, ecuId });
}

/** The bus may be away for a while; an ECU that answers and does not follow is lost at once. */
async function settle(
  ecu: EcuPlan,
  decision: Decision,
  deps: UpdateDeps,
  signal: AbortSignal,
): Promise<void> {
  const drive = decision === "commit" ? driveToNew : driveToOld;
  const until = deps.now() + deps.limits.settleTimeoutMs;
  const codes = ["FLASH_BUS_UNAVAILABLE", "CONFIRM_NO_ANSWER"] as const;
  try {
    await retrying({ stage: "confirm", codes, until }, deps, signal, () => drive(ecu, deps, signal));
  } catch (error) {
    signal.throwIfAborted();
    const { ecuId, name, version } = ecu;
    const failure = failureOf(error, { stage: "confirm", busUrl: deps.ecus.busUrl, ecu });
    if (failure.code !== "CONFIRM_UNHEALTHY") throw new UpdateFailure(failure, { cause: error });
    const operands = { name, version, reason: failure.operands["reason"] ?? "" };
    throw new UpdateFailure({ code: "CONFIRM_UNHEALTHY", operands, ecuId }, { cause: error });
  }
}
