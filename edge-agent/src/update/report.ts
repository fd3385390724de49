import { endingOf } from "../journal/job-facts.ts";
import type { UpdateDeps } from "./deps.ts";
import { startingPoint } from "./recover.ts";
import { retrying } from "./retrying.ts";

/** Until the cloud has it: a vehicle may be offline for weeks, or its token be renewed. */
const UNTIL_DELIVERED = {
  stage: "report",
  codes: ["REPORT_UNDELIVERED"],
  until: Number.POSITIVE_INFINITY,
  stubborn: true,
} as const;

/**
 * Writes how the job ends, then tells the cloud: first what the ECUs say of themselves, then the events, whose last
 * is the outcome. Nothing here changes how it ended.
 */
export async function report(deps: UpdateDeps, signal: AbortSignal): Promise<void> {
  const { journal, sender } = deps;
  // A step that could not write how it ended leaves the job open: it is taken up again, not reported.
  if (startingPoint(journal.facts) !== "report") return;
  if (!journal.facts.some((fact) => fact.payload?.outcome !== undefined)) {
    const { outcome, failure } = endingOf(journal.facts);
    await journal.append({ step: "report", kind: "intent", payload: { outcome, failure } });
  }
  await retrying(UNTIL_DELIVERED, deps, signal, () => deps.sendManifest(signal));
  await sender.drain(signal);
  await journal.append({ step: "report", kind: "done" });
}
