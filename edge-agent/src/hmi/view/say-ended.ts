import { FAILURES } from "@halfshaft/ota-format";
import type { GatewayState, JobState } from "../../gateway-state.ts";
import type { Texts } from "../texts.en.ts";
import { clockTime, elapsed, fill } from "./format.ts";
import type { Action, Fact, Saying, ViewContext } from "./model.ts";
import { fact, TEXT_LIMIT } from "./say-running.ts";

type Outcome = NonNullable<JobState["outcome"]>;

export function saySucceeded(job: JobState, outcome: Outcome, context: ViewContext): Saying {
  const { texts } = context;
  const { name, headline } = job.release;
  const full = fill(texts.succeeded.text, { release: name, headline: headline.replace(/[.!?]$/, "") });
  return {
    status: { name: "succeeded", word: texts.status.succeeded },
    headline: texts.succeeded.headline,
    text: headline && full.length <= TEXT_LIMIT ? full : fill(texts.succeeded.textShort, { release: name }),
    facts: [
      fact("clock", texts.succeeded.duration, {
        duration: elapsed(outcome.at - outcome.startedAt, texts),
        from: clockTime(outcome.startedAt, context),
        to: clockTime(outcome.at, context),
      }),
      fact("chip", texts.succeeded.units, { n: job.ecus.length }),
      fact("tick", outcome.reported ? texts.reported : texts.unreported),
    ],
    actions: [done(texts), { verb: "changes", kind: "secondary", label: texts.action.changed }],
  };
}

/** Rolled back, or failed with the old software untouched: a safe outcome, not an alarm. */
export function sayNotInstalled(
  kind: "rolledBack" | "failedSafe",
  job: JobState,
  outcome: Outcome,
  { texts }: ViewContext,
): Saying {
  const { headline, oldRuns } = texts[kind];
  return {
    status: { name: kind, word: texts.status[kind] },
    headline,
    text: [reason(job, outcome, texts), oldRuns].filter(Boolean).join(" "),
    facts: [fact("tick", texts.rolledBack.same), codeFact(outcome, texts)],
    actions: [done(texts), { verb: "details", kind: "secondary", label: texts.action.details }],
  };
}

export function sayLost(
  state: GatewayState,
  job: JobState,
  outcome: Outcome,
  { texts }: ViewContext,
): Saying {
  const phone = state.assistancePhone;
  const call: Action[] = phone ? [{ verb: "call", kind: "danger", label: texts.action.call, phone }] : [];
  return {
    status: { name: "failed", word: texts.status.failed },
    headline: texts.lost.headline,
    text: fill(texts.lost.text, { name: lostUnit(job, outcome, texts) }),
    facts: [fact("warning", texts.lost.call), codeFact(outcome, texts)],
    actions: [...call, { verb: "details", kind: "secondary", label: texts.action.details }],
  };
}

/** The unit that stays silent, in the driver's words. */
export function lostUnit(job: JobState, outcome: Outcome, texts: Texts): string {
  return job.ecus.find(({ status }) => status === "noAnswer")?.name ?? failedUnit(job, outcome, texts);
}

export function sayDeclined(kind: "declined" | "expired", job: JobState, { texts }: ViewContext): Saying {
  return {
    status: { name: kind, word: texts.status[kind] },
    headline: texts[kind].headline,
    text: fill(texts[kind].text, { release: job.release.name }),
    actions: [done(texts)],
  };
}

function reason(job: JobState, outcome: Outcome, texts: Texts): string {
  if (!outcome.failure) return "";
  const step = FAILURES[outcome.failure.code].step;
  return fill(texts.why[step], { name: failedUnit(job, outcome, texts) });
}

function failedUnit(job: JobState, { failure }: Outcome, { why }: Texts): string {
  const unit = job.ecus.find(({ ecuId }) => ecuId === failure?.ecuId);
  const operand = failure?.operands["name"];
  return unit?.name ?? (typeof operand === "string" ? operand : why.someUnit);
}

/** The code that the operator sees too, with what became of the report. */
function codeFact({ failure, reported }: Outcome, texts: Texts): Fact {
  const [word, meaning] = reported ? texts.reported : texts.unreported;
  return { icon: "chip", value: word, meaning: failure?.code ?? meaning };
}

function done({ action }: Texts): Action {
  return { verb: "acknowledge", kind: "primary", label: action.acknowledge };
}
