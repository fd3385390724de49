import type { Texts } from "../texts.en.ts";
import type { Situation } from "./situation.ts";

/** Names of `STATUS` in ui-kit, which gives each its tone and icon; the type check of the page compares the two. */
export type StatusName =
  | "upToDate"
  | "offered"
  | "scheduled"
  | "updating"
  | "safeState"
  | "succeeded"
  | "rolledBack"
  | "failedSafe"
  | "failed"
  | "declined"
  | "expired"
  | "offline"
  | "loading";

export type UnitStatusName =
  | "asking"
  | "silent"
  | "lost"
  | "unchanged"
  | "planned"
  | "ready"
  | "waiting"
  | "working"
  | "onTrial"
  | "installed"
  | "current"
  | "reverted"
  | "unitFailed";

/** A button. `details` and `changes` open a panel on the page itself, `call` dials; the rest asks the gateway. */
export interface Action {
  readonly verb: "now" | "tonight" | "decline" | "check" | "acknowledge" | "details" | "changes" | "call";
  readonly kind: "primary" | "secondary" | "quiet" | "danger";
  readonly label: string;
  /** What `call` dials. */
  readonly phone?: string;
}

/** One of at most three facts: the value and what it means. */
export interface Fact {
  readonly icon: "clock" | "chip" | "back" | "tick" | "warning";
  readonly value: string;
  readonly meaning: string;
}

/** One condition of the safety policy. */
export interface Check {
  readonly met: boolean;
  readonly word: string;
}

export interface Progress {
  /** Work done of the whole job, 0…1. */
  readonly fraction: number;
  /** "about 7 min left", or what is loaded. */
  readonly left?: string;
  /** For screen readers; changes every 10 percent. */
  readonly spoken: string;
}

/** A control unit on the drawing and in the list. */
export interface UnitView {
  readonly ecuId: string;
  readonly name: string;
  readonly status: UnitStatusName;
  readonly word: string;
}

export interface RailView {
  readonly steps: readonly { readonly word: string; readonly state: "done" | "now" | "todo" }[];
  readonly title: string;
  readonly count?: string;
}

/** What a situation says: everything on the left side of the head unit. */
export interface Saying {
  readonly status: { readonly name: StatusName; readonly word: string };
  /** Answers "what do I do now" in one sentence. */
  readonly headline: string;
  /** At most 120 characters. */
  readonly text: string;
  readonly facts?: readonly Fact[];
  readonly checks?: readonly Check[];
  /** At most three. */
  readonly actions: readonly Action[];
  readonly progress?: Progress;
}

/** Everything the page shows: a pure function of the gateway's state. */
export interface View extends Saying {
  readonly situation: Situation["kind"] | "unreachable";
  readonly units: readonly UnitView[];
  readonly rail?: RailView;
  /** A quiet way to the panel where no button opens it. */
  readonly link?: Action;
  /** Only the sentence is shown: no rail, no drawing, no buttons. */
  readonly alone: boolean;
  /** Screen readers say it at once. */
  readonly urgent: boolean;
  /** Nothing is known yet: empty for a quarter of a second, then the shape of what will come. */
  readonly placeholder?: "blank" | "shape";
  /** Since the gateway is silent, UTC ms: buttons that ask it are inactive, and the status says why. */
  readonly silentSince?: number;
}

/** What the view depends on besides the state. */
export interface ViewContext {
  readonly now: number;
  readonly texts: Texts;
  /** IANA name; the browser's own without it. */
  readonly timeZone?: string;
  /** Set while the gateway does not answer, UTC ms. */
  readonly silentSince?: number;
  /** How long the page waits for its first state, ms. */
  readonly waitedMs?: number;
  /** Sentence of the gateway that refused the last button. */
  readonly refusal?: string;
}
