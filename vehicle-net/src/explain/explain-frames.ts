import type { ReceivedFrame } from "../can/frame.ts";
import type { EcuProfile } from "../ecu/profile.ts";
import { decodePdu } from "../isotp/pci.ts";
import { Conversation } from "./conversation.ts";
import { type Link, Links, type Place } from "./links.ts";
import { describeRequest, type DescribedMessage } from "./message.ts";
import { describeFrame, MessageStream, type StreamEvent } from "./stream.ts";
import { counted, hexId, milliseconds } from "./text.ts";
import { drawEvent } from "./tree.ts";

export interface ExplainOptions {
  /** ECUs on this bus: their identifiers and the names of their DIDs and routines. */
  readonly profiles?: readonly EcuProfile[];
  /** Shows frames that belong to no ECU too, each as a line; else they are counted at the end. Default false. */
  readonly others?: boolean;
}

interface LinkState {
  readonly conversation: Conversation;
  readonly requests: MessageStream;
  readonly answers: MessageStream;
}

/** Identifiers of other frames that are named at the end. */
const NAMED_IDS = 8;

/**
 * Explains the frames of a bus as a tree of UDS, ISO-TP and CAN, one message at a time. Lines come when a message is
 * complete, with the time of its first frame in ms since the first frame of all. Pure: frames in, lines out.
 * ECUs without a profile are found by the identifiers 7E0–7EF and 18DAxxxx; addresses in data bytes are not. One
 * explainer is for one bus: a capture of several channels takes one each.
 */
export class Explainer {
  readonly #links: Links;
  readonly #showsOthers: boolean;
  readonly #states = new Map<Link, LinkState>();
  readonly #functional = new MessageStream("functional");
  readonly #otherIds = new Map<string, number>();
  /** The last request to all ECUs, for those that show themselves by their answer only. */
  #toAllLast: { readonly described: DescribedMessage; readonly lastAtMs: number } | undefined;
  #zeroMs: number | undefined;
  #lastMs = 0;
  #frames = 0;

  constructor(options: ExplainOptions = {}) {
    this.#links = new Links(options.profiles ?? []);
    this.#showsOthers = options.others ?? false;
  }

  /** One frame, in the order of the bus. Gives the lines that it completes. */
  frame(frame: ReceivedFrame): string[] {
    this.#zeroMs ??= frame.atMs;
    this.#lastMs = frame.atMs;
    this.#frames += 1;
    const overdue = [...this.#states.values()].flatMap((state) => this.#timeUp(state, frame.atMs));
    const place = this.#links.placeOf(frame);
    return [...overdue, ...(place === undefined ? this.#other(frame) : this.#placed(frame, place))];
  }

  /** The capture is over: what is unfinished, and a summary. */
  end(): string[] {
    const open = [...this.#states.values()].flatMap((state) => [
      ...this.#requestLines(state, state.requests.end(this.#lastMs)),
      ...this.#answerLines(state, state.answers.end(this.#lastMs)),
      ...state.conversation.end(this.#lastMs),
    ]);
    return [...open, ...this.#summary()];
  }

  #placed(frame: ReceivedFrame, place: Place): string[] {
    if (place === "functional") return this.#toAll(frame);
    const state = this.#state(place.link);
    const pdu = decodePdu(frame.data, 0);
    const isRequest = place.direction === "request";
    if (pdu?.type === "FC") {
      // A flow control answers the other direction's message.
      return isRequest
        ? this.#answerLines(state, state.answers.flowControl(frame, pdu))
        : this.#requestLines(state, state.requests.flowControl(frame, pdu));
    }
    return isRequest
      ? this.#requestLines(state, state.requests.frame(frame))
      : this.#answerLines(state, state.answers.frame(frame));
  }

  #toAll(frame: ReceivedFrame): string[] {
    return this.#functional.frame(frame).flatMap((event) => {
      const atMs = this.#sinceZero(frame.atMs);
      if (event.kind === "fault") return drawEvent(atMs, "!", `all ECUs  ${event.sentence}`);
      const described = describeRequest(event.message);
      this.#toAllLast = { described, lastAtMs: event.lastAtMs };
      const asked = [...this.#states.values()].flatMap(({ conversation }) =>
        conversation.functionalRequest(described, event.lastAtMs),
      );
      const branches = [...described.details.map((text) => ({ text })), event.how];
      return [...asked, ...drawEvent(atMs, "→", `all ECUs  ${described.headline}`, branches)];
    });
  }

  #other(frame: ReceivedFrame): string[] {
    const id = hexId(frame.id, frame.extended ?? false);
    this.#otherIds.set(id, (this.#otherIds.get(id) ?? 0) + 1);
    return this.#showsOthers ? drawEvent(this.#sinceZero(frame.atMs), "·", describeFrame(frame)) : [];
  }

  #timeUp(state: LinkState, atMs: number): string[] {
    return [
      ...this.#requestLines(state, state.requests.timeUp(atMs)),
      ...this.#answerLines(state, state.answers.timeUp(atMs)),
    ];
  }

  #requestLines({ conversation }: LinkState, events: readonly StreamEvent[]): string[] {
    return events.flatMap((event) =>
      event.kind === "fault"
        ? conversation.fault(`request: ${event.sentence}`, event.atMs)
        : conversation.request(event),
    );
  }

  #answerLines({ conversation }: LinkState, events: readonly StreamEvent[]): string[] {
    return events.flatMap((event) =>
      event.kind === "fault"
        ? conversation.fault(`answer: ${event.sentence}`, event.atMs)
        : conversation.answer(event),
    );
  }

  #state(link: Link): LinkState {
    let state = this.#states.get(link);
    if (state === undefined) {
      state = {
        conversation: new Conversation(link, this.#zeroMs ?? 0),
        requests: new MessageStream(hexId(link.requestId, link.extended)),
        answers: new MessageStream(hexId(link.responseId, link.extended)),
      };
      this.#states.set(link, state);
      const toAll = this.#toAllLast;
      if (toAll !== undefined) state.conversation.functionalRequest(toAll.described, toAll.lastAtMs);
    }
    return state;
  }

  #summary(): string[] {
    if (this.#zeroMs === undefined) return ["No frames."];
    const duration = milliseconds(this.#lastMs - this.#zeroMs);
    const lines = [`${counted(this.#frames, "frame")} in ${duration}`];
    for (const [link, { conversation }] of this.#states) {
      const { requests, refused, unanswered, slowestAnswerMs } = conversation.counts;
      const slowest = `slowest answer after ${milliseconds(slowestAnswerMs)}`;
      const counts = `${counted(requests, "request")}, ${refused} refused, ${unanswered} unanswered`;
      lines.push(`${link.name}: ${counts}, ${slowest}`);
    }
    const others = [...this.#otherIds.values()].reduce((sum, count) => sum + count, 0);
    if (others > 0) {
      const ids = [...this.#otherIds.keys()];
      const more = ids.length > NAMED_IDS ? ` and ${ids.length - NAMED_IDS} more` : "";
      const named = `${ids.slice(0, NAMED_IDS).join(", ")}${more}`;
      lines.push(`${counted(others, "other frame")}: ${named}`);
    }
    return lines;
  }

  #sinceZero(atMs: number): number {
    return atMs - (this.#zeroMs ?? atMs);
  }
}

/**
 * Explains a whole capture, frame by frame; see `Explainer`. Frames come in the order of the bus, as
 * `parseCandumpLine` gives them: `{ ...entry.frame, atMs: entry.atMs }`.
 */
export function* explainFrames(
  frames: Iterable<ReceivedFrame>,
  options?: ExplainOptions,
): Generator<string, void> {
  const explainer = new Explainer(options);
  for (const frame of frames) yield* explainer.frame(frame);
  yield* explainer.end();
}
