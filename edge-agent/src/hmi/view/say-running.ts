import { STEPS } from "@halfshaft/ota-format";
import type { ConditionState, ConsentDecision, GatewayState, JobState } from "../../gateway-state.ts";
import type { Texts } from "../texts.en.ts";
import { bytesOf, clockTime, duration, fill, isTonight, listed, moment } from "./format.ts";
import type { Action, Check, Fact, Progress, Saying, ViewContext } from "./model.ts";
import { opening } from "./notes.ts";
import { stepOf } from "./rail.ts";

/** No text is longer: what is read in one glance. */
export const TEXT_LIMIT = 120;

export function sayOffer(state: GatewayState, job: JobState, context: ViewContext): Saying {
  const { texts } = context;
  return {
    status: { name: "offered", word: texts.status.offered },
    headline: job.release.headline || job.release.name,
    text: offerText(job, context),
    facts: offerFacts(state, job, texts),
    actions: decisionActions(job, context),
  };
}

/** Why, in the words of the release notes; a forced update says when it comes by itself instead. */
function offerText(job: JobState, context: ViewContext): string {
  const { texts } = context;
  const { consent, release, ecus } = job;
  if (consent?.mode === "forced") {
    return fill(texts.offer.forcedText, { when: moment(consent.deadline, context.now, context) });
  }
  const units = listed(
    ecus.map((ecu) => ecu.name),
    texts,
  );
  const named = fill(texts.offer.text, { release: release.name, units });
  const counted = fill(texts.offer.textMany, { release: release.name, n: ecus.length });
  return opening(release.notes, TEXT_LIMIT) ?? (named.length <= TEXT_LIMIT ? named : counted);
}

function offerFacts({ ecus }: GatewayState, { consent, ecus: parts }: JobState, texts: Texts): Fact[] {
  const { offer } = texts;
  const units = fact("chip", offer.units, { n: parts.length, all: ecus.length });
  const rest = [units, fact("back", offer.undo)];
  if (!consent) return rest;
  return [fact("clock", offer.duration, { duration: duration(consent.estimateMs, texts) }), ...rest];
}

export function sayScheduled(job: JobState, context: ViewContext): Saying {
  const { texts, now } = context;
  const at = job.consent?.scheduledFor ?? now;
  const values = {
    when: moment(at, now, context),
    duration: duration(job.consent?.estimateMs ?? 0, texts),
  };
  return {
    status: { name: "scheduled", word: texts.status.scheduled },
    headline: fill(texts.scheduled.headline, values),
    text: fill(texts.scheduled.text, values),
    actions: afterConsent(job, context).filter(({ verb }) => verb !== "tonight"),
  };
}

export function sayWaiting(job: JobState, context: ViewContext): Saying {
  const { texts } = context;
  const missing = job.conditions.find(({ met }) => !met);
  const [headline, text] = missing ? missingText(missing, texts) : texts.waiting.ready;
  const check: Action = { verb: "check", kind: "primary", label: texts.action.checkAgain };
  const others = afterConsent(job, context).filter(({ verb }) => verb !== "now");
  return {
    status: { name: "safeState", word: texts.status.safeState },
    headline,
    text,
    checks: job.conditions.map((condition) => checkOf(condition, texts)),
    actions: [check, ...others],
  };
}

function missingText({ name, found, wanted }: ConditionState, { waiting }: Texts): readonly [string, string] {
  const [headline, text] = waiting[name];
  const measured = found !== undefined || name === "parked" || name === "ignitionOff";
  return [headline, measured ? fill(text, { found: found ?? "", wanted: wanted ?? "" }) : waiting.unmeasured];
}

function checkOf({ name, met, found }: ConditionState, { condition }: Texts): Check {
  const unmeasured = found === undefined && name !== "parked" && name !== "ignitionOff";
  const [yes, no] = condition[name];
  return {
    met,
    word: unmeasured ? condition.unmeasured[name] : fill(met ? yes : no, { found: found ?? "" }),
  };
}

export function sayProgress(job: JobState, context: ViewContext): Saying {
  const { texts } = context;
  const step = stepOf(job);
  const [headline, text] = texts.progress[step];
  return {
    status: { name: "updating", word: stepWord(job, texts) },
    headline,
    text: step === "flash" ? flashText(job, texts) : text,
    actions: [{ verb: "details", kind: "secondary", label: texts.action.details }],
    progress: progressOf(job, texts),
  };
}

function stepWord(job: JobState, { status, step }: Texts): string {
  const name = stepOf(job);
  return fill(status.updating, { step: step[name], n: STEPS.indexOf(name) + 1 });
}

function flashText({ ecus }: JobState, { progress }: Texts): string {
  const writing = ecus.filter(({ status }) => status === "flashing");
  const [first] = writing;
  if (!first) return progress.flash[1];
  if (writing.length > 1) return fill(progress.several, { n: writing.length });
  const n = ecus.filter(({ status }) => status === "installed").length + 1;
  return fill(progress.one, { name: first.name, n, all: ecus.length });
}

function progressOf({ fraction, remainingMs, stage, download }: JobState, texts: Texts): Progress {
  const { progress } = texts;
  const left =
    remainingMs === undefined ? undefined : fill(progress.left, { duration: duration(remainingMs, texts) });
  const loaded =
    stage === "download" && download
      ? bytesOf(download.receivedBytes, download.totalBytes, texts)
      : undefined;
  // Announced every 10 percent, not at each value.
  const percent = Math.floor(fraction * 10) * 10;
  const spoken = fill(left ? progress.spokenLeft : progress.spoken, { percent, left: left ?? "" });
  return { fraction, left: loaded ?? left, spoken };
}

export function sayPaused(job: JobState, context: ViewContext): Saying {
  const { texts } = context;
  const { download } = job;
  const bytes = download && bytesOf(download.receivedBytes, download.totalBytes, texts);
  return {
    status: { name: "offline", word: texts.status.offline },
    headline: texts.paused.headline,
    text: bytes ? fill(texts.paused.text, { bytes }) : texts.paused.textUnknown,
    actions: [
      { verb: "check", kind: "secondary", label: texts.action.tryNow },
      { verb: "details", kind: "quiet", label: texts.action.details },
    ],
  };
}

/** The decisions that the gateway takes now, as buttons. */
function decisionActions(job: JobState, context: ViewContext): Action[] {
  const { consent } = job;
  const { action } = context.texts;
  const inConsent: ConsentDecision[] =
    consent?.mode === "forced" ? ["now", "tonight"] : ["now", "tonight", "decline"];
  const open = new Set(job.decisions ?? (job.stage === "consent" ? inConsent : []));
  const actions: Action[] = [];
  if (open.has("now")) actions.push({ verb: "now", kind: "primary", label: action.now });
  if (open.has("tonight") && consent) {
    actions.push({ verb: "tonight", kind: "secondary", label: laterLabel(consent.tonightAt, context) });
  }
  if (open.has("decline")) actions.push({ verb: "decline", kind: "quiet", label: action.decline });
  return actions;
}

/** Once agreed to, declining is cancelling. */
function afterConsent(job: JobState, context: ViewContext): Action[] {
  const { cancel } = context.texts.action;
  return decisionActions(job, context).map((action) =>
    action.verb === "decline" ? { ...action, label: cancel } : action,
  );
}

function laterLabel(at: number, context: ViewContext): string {
  const { action, locale } = context.texts;
  const day = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: context.timeZone }).format(at);
  const label = isTonight(at, context.now, context) ? action.tonight : action.later;
  return fill(label, { time: clockTime(at, context), day });
}

export function fact(
  icon: Fact["icon"],
  [value, meaning]: readonly [string, string],
  values: Record<string, string | number> = {},
): Fact {
  return { icon, value: fill(value, values), meaning: fill(meaning, values) };
}
