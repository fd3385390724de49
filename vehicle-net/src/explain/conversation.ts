import type { EcuProfile } from "../ecu/profile.ts";
import type { Link } from "./links.ts";
import { describeAnswer, describeRequest, type DescribedMessage } from "./message.ts";
import type { StreamEvent } from "./stream.ts";
import { milliseconds } from "./text.ts";
import { type Branch, drawEvent, type Sign } from "./tree.ts";

type CompleteMessage = Extract<StreamEvent, { kind: "message" }>;

/** A request that may still be answered. */
interface Asked {
  readonly message: DescribedMessage;
  readonly functional: boolean;
  /** When its last frame had left: P2 counts from there (ISO 14229-2:2021, 7.2). */
  readonly leftAtMs: number;
  /** When 0x78 last came. */
  pendingAtMs?: number;
}

/** What is counted over a whole capture. */
export interface ConversationCounts {
  readonly requests: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly slowestAnswerMs: number;
}

/** Requests and answers of one link, each with what came before it. Times given out are ms since `zeroMs`. */
export class Conversation {
  readonly #link: Link;
  readonly #zeroMs: number;
  #asked: Asked | undefined;
  #lastAnswerMs: number | undefined;
  #requests = 0;
  #refused = 0;
  #unanswered = 0;
  #slowestAnswerMs = 0;

  constructor(link: Link, zeroMs: number) {
    this.#link = link;
    this.#zeroMs = zeroMs;
  }

  get counts(): ConversationCounts {
    return {
      requests: this.#requests,
      refused: this.#refused,
      unanswered: this.#unanswered,
      slowestAnswerMs: this.#slowestAnswerMs,
    };
  }

  request({ message, firstAtMs, lastAtMs, how }: CompleteMessage): string[] {
    const unanswered = this.#unansweredLines(firstAtMs);
    const described = describeRequest(message, this.#profile);
    const sinceMs = this.#lastAnswerMs === undefined ? undefined : firstAtMs - this.#lastAnswerMs;
    const since = sinceMs === undefined ? "" : `, ${milliseconds(sinceMs)} after the last answer`;
    this.#requests += 1;
    // TesterPresent without an answer is sent whenever its time comes, also while something else is being answered.
    const keepsAlive = described.sid === 0x3e && described.suppressed;
    if (!keepsAlive) this.#asked = { message: described, functional: false, leftAtMs: lastAtMs };
    return [...unanswered, ...this.#lines(firstAtMs, "→", described, since, how)];
  }

  /** A request to all ECUs; it was shown already, and this one may stay silent. */
  functionalRequest(described: DescribedMessage, lastAtMs: number): string[] {
    if (described.suppressed) return [];
    const unanswered = this.#unansweredLines(lastAtMs);
    this.#asked = { message: described, functional: true, leftAtMs: lastAtMs };
    return unanswered;
  }

  answer({ message, firstAtMs, lastAtMs, how }: CompleteMessage): string[] {
    const described = describeAnswer(message, this.#profile);
    const asked = this.#asked?.message.sid === described.sid ? this.#asked : undefined;
    this.#lastAnswerMs = lastAtMs;
    if (described.kind === "negative") this.#refused += 1;
    const timing = asked === undefined ? ", to nothing that was asked" : this.#timing(asked, firstAtMs);
    if (asked !== undefined && described.kind === "pending") asked.pendingAtMs = lastAtMs;
    else if (asked !== undefined) this.#asked = undefined;
    return this.#lines(firstAtMs, "←", described, timing, how);
  }

  fault(sentence: string, atMs: number): string[] {
    return drawEvent(atMs - this.#zeroMs, "!", `${this.#link.name}  ${sentence}`);
  }

  /** The capture ends: what is still unanswered may have been answered later. */
  end(atMs: number): string[] {
    const asked = this.#asked;
    if (asked === undefined || asked.message.suppressed || asked.functional) return [];
    const open = `the capture ends ${milliseconds(atMs - asked.leftAtMs)} after ${asked.message.headline}`;
    return drawEvent(atMs - this.#zeroMs, "·", `${this.#link.name}  ${open}, which has no answer yet`);
  }

  #timing(asked: Asked, firstAtMs: number): string {
    const { profile } = this.#link;
    const [name, limitMs, fromMs] =
      asked.pendingAtMs === undefined
        ? (["P2", profile?.timing.p2Ms, asked.leftAtMs] as const)
        : (["P2*", profile?.timing.p2StarMs, asked.pendingAtMs] as const);
    const tookMs = firstAtMs - fromMs;
    if (asked.pendingAtMs === undefined) this.#slowestAnswerMs = Math.max(this.#slowestAnswerMs, tookMs);
    const late = limitMs !== undefined && tookMs > limitMs ? `, later than its ${name} of ${limitMs} ms` : "";
    const since =
      asked.pendingAtMs === undefined
        ? `after ${milliseconds(tookMs)}`
        : `${milliseconds(tookMs)} after its 78`;
    return `, ${since}${late}`;
  }

  #unansweredLines(atMs: number): string[] {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked === undefined || asked.message.suppressed) return [];
    if (asked.functional && asked.pendingAtMs === undefined) return [];
    this.#unanswered += 1;
    const waited = milliseconds(atMs - (asked.pendingAtMs ?? asked.leftAtMs));
    const what = asked.pendingAtMs === undefined ? "no answer" : "no final answer";
    return this.fault(`${what} to ${asked.message.headline} for ${waited}`, atMs);
  }

  #lines(atMs: number, sign: Sign, described: DescribedMessage, timing: string, how: Branch): string[] {
    const branches = [...described.details.map((text) => ({ text })), how];
    return drawEvent(
      atMs - this.#zeroMs,
      sign,
      `${this.#link.name}  ${described.headline}${timing}`,
      branches,
    );
  }

  get #profile(): EcuProfile | undefined {
    return this.#link.profile;
  }
}
