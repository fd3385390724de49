import type { GatewayState } from "../gateway-state.ts";
import { clockTime, fill, moment } from "./view/format.ts";
import type { Action, Saying, View, ViewContext } from "./view/model.ts";
import { railView } from "./view/rail.ts";
import { lostUnit, sayDeclined, sayLost, sayNotInstalled, saySucceeded } from "./view/say-ended.ts";
import { sayOffer, sayPaused, sayProgress, sayScheduled, sayWaiting } from "./view/say-running.ts";
import { isDriving, situationOf, type Situation } from "./view/situation.ts";
import { unitViews } from "./view/units.ts";

/** Skeletons come after 250 ms, the sentence with its upper bound after 2 s. */
const SHAPE_AFTER_MS = 250;
const SENTENCE_AFTER_MS = 2_000;
/** After this the page says that nobody answers. */
const GIVE_UP_AFTER_MS = 10_000;

/** What the page shows for a state of the gateway; `undefined` while none has arrived. Pure. */
export function view(state: GatewayState | undefined, context: ViewContext): View {
  if (!state) return withoutState(context);
  const situation = situationOf(state);
  const alone = isDriving(state);
  const saying = alone ? sayDriving(situation, state, context) : say(situation, state, context);
  return {
    ...saying,
    ...disturbed(saying, situation, context),
    situation: situation.kind,
    units: alone ? [] : unitViews(state, context.texts),
    rail: alone ? undefined : railView(state.job, context.texts),
    link: alone ? undefined : panelLink(situation, saying.actions, context),
    alone,
    urgent: situation.kind === "lost",
    placeholder: undefined,
    silentSince: context.silentSince,
  };
}

function say(situation: Situation, state: GatewayState, context: ViewContext): Saying {
  if (situation.kind === "loading") return sayLoading(context);
  if (situation.kind === "idle") return sayIdle(state, context);
  const { job } = situation;
  switch (situation.kind) {
    case "offer":
      return sayOffer(state, job, context);
    case "scheduled":
      return sayScheduled(job, context);
    case "waiting":
      return sayWaiting(job, context);
    case "progress":
      return sayProgress(job, context);
    case "paused":
      return sayPaused(job, context);
    case "declined":
    case "expired":
      return sayDeclined(situation.kind, job, context);
  }
  const { outcome } = job;
  if (!outcome) return sayProgress(job, context);
  if (situation.kind === "succeeded") return saySucceeded(job, outcome, context);
  if (situation.kind === "lost") return sayLost(state, job, outcome, context);
  return sayNotInstalled(situation.kind, job, outcome, context);
}

function sayLoading({ texts }: ViewContext): Saying {
  return { status: { name: "loading", word: texts.status.loading }, ...texts.loading, actions: [] };
}

function sayIdle({ cloud, lastCheckAt }: GatewayState, context: ViewContext): Saying {
  const { texts, now } = context;
  const offline = cloud === "offline";
  const known = offline ? texts.idle.offline : texts.idle.text;
  const unknown = offline ? texts.idle.offlineNever : texts.idle.never;
  return {
    status: offline
      ? { name: "offline", word: texts.status.offline }
      : { name: "upToDate", word: texts.status.upToDate },
    headline: texts.idle.headline,
    text: lastCheckAt === undefined ? unknown : fill(known, { when: moment(lastCheckAt, now, context) }),
    actions: [
      { verb: "check", kind: "secondary", label: offline ? texts.action.tryNow : texts.action.check },
    ],
  };
}

/** While driving one sentence, nothing to press, nothing that moves. */
function sayDriving(situation: Situation, state: GatewayState, context: ViewContext): Saying {
  const { driving } = context.texts;
  const { status } = say(situation, state, context);
  const [headline, text] = driving[drivingText(situation)];
  const { job } = state;
  const name = job?.outcome ? lostUnit(job, job.outcome, context.texts) : "";
  return { status, headline, text: fill(text, { name }), actions: [] };
}

function drivingText(situation: Situation): "offer" | "result" | "nothing" | "installing" | "lost" {
  switch (situation.kind) {
    case "lost":
      return "lost";
    case "loading":
    case "idle":
    case "declined":
    case "expired":
      return "nothing";
    case "succeeded":
    case "rolledBack":
    case "failedSafe":
      return "result";
    case "progress":
      return ["flash", "activate", "confirm"].includes(situation.job.stage) ? "installing" : "offer";
    default:
      return "offer";
  }
}

/** A silent gateway takes the place of the status, a refused button that of the text; what was known stays. */
function disturbed({ progress }: Saying, { kind }: Situation, context: ViewContext): Partial<Saying> {
  const { silentSince, refusal, texts } = context;
  if (kind === "lost") return {};
  if (silentSince === undefined) return refusal ? { text: refusal } : {};
  const word = fill(texts.status.silent, { time: clockTime(silentSince, context) });
  return { status: { name: "offline", word }, progress: progress && { ...progress, left: undefined } };
}

function panelLink(
  { kind }: Situation,
  actions: readonly Action[],
  { texts }: ViewContext,
): Action | undefined {
  if (kind === "loading" || actions.some(({ verb }) => verb === "details" || verb === "changes"))
    return undefined;
  const before = kind === "offer" || kind === "scheduled" || kind === "waiting";
  return before
    ? { verb: "changes", kind: "quiet", label: texts.action.changes }
    : { verb: "details", kind: "quiet", label: texts.action.details };
}

function withoutState(context: ViewContext): View {
  const { texts, waitedMs = 0 } = context;
  const lost = waitedMs >= GIVE_UP_AFTER_MS;
  return {
    ...sayLoading(context),
    ...(lost ? { status: { name: "offline", word: texts.status.offline }, ...texts.unreachable } : {}),
    situation: lost ? "unreachable" : "loading",
    units: [],
    rail: railView(undefined, texts),
    alone: false,
    urgent: false,
    placeholder: waitedMs < SHAPE_AFTER_MS ? "blank" : waitedMs < SENTENCE_AFTER_MS ? "shape" : undefined,
  };
}
