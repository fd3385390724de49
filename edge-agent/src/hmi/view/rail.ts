import { FAILURES, STEPS, type Step } from "@halfshaft/ota-format";
import type { JobState } from "../../gateway-state.ts";
import type { Texts } from "../texts.en.ts";
import { fill } from "./format.ts";
import type { RailView } from "./model.ts";

type StepState = RailView["steps"][number]["state"];

/** The nine steps of the vehicle's job. */
export function railView(job: JobState | undefined, { step, rail }: Texts): RailView {
  const steps = STEPS.map((name) => ({ word: step[name], state: job ? stateOf(name, job) : "todo" }));
  if (!job) return { steps, title: rail.idle };
  const stands = steps.findIndex(({ state }) => state === "now");
  const at = stands < 0 ? steps.findIndex(({ state }) => state === "todo") : stands;
  const here = steps[at];
  return here
    ? { steps, title: here.word, count: fill(rail.count, { n: at + 1 }) }
    : { steps, title: rail.complete };
}

/** The step at which a job stands or ended; a wait is shown at the step that it holds up. */
export function stepOf({ stage, outcome, ecus }: JobState): Step {
  const at = outcome?.failure ? FAILURES[outcome.failure.code].step : stage;
  if (outcome?.kind === "declined" || outcome?.kind === "expired") return "offer";
  if (at === "consent") return "offer";
  if (at !== "readiness") return at;
  return ecus.every((ecu) => ecu.status === "installed") ? "activate" : "flash";
}

function stateOf(name: Step, job: JobState): StepState {
  const { outcome } = job;
  const step = stepOf(job);
  if (outcome?.kind !== "succeeded" && name === step) return "now";
  if (outcome && name === "report") return outcome.reported ? "done" : "todo";
  if (outcome?.kind === "succeeded") return "done";
  // The plan is made before the driver is asked.
  if (job.stage === "consent" && name === "plan") return "done";
  return STEPS.indexOf(name) < STEPS.indexOf(step) ? "done" : "todo";
}
