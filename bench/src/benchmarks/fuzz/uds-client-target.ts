import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import {
  type ClientEvent,
  type ClientTiming,
  UdsAborted,
  UdsClient,
  UdsFormatError,
  UdsProtocolError,
  UdsRefused,
  UdsTimeout,
  UdsTransportError,
} from "@halfshaft/vehicle-net/uds";
import type { FuzzRun, FuzzTarget } from "./fuzz-run.ts";
import { MessageLink } from "./message-link.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import { type ExampleExchange, EXCHANGES } from "./uds-exchanges.ts";

/** Short, so that a virtual time-out is few steps of the clock away. */
const TIMING: ClientTiming = {
  p2Ms: 5,
  p2StarMs: 20,
  marginMs: 1,
  overallMs: 200,
  busyMs: 30,
  busyDelayMs: 10,
  s3ClientMs: 50,
};
/** What a request may take at most: its cap and what is late beyond it. */
const CAP_MS = TIMING.overallMs + TIMING.busyMs + 1;

/** A tester's client; the fuzzer is the ECU and the bus below it. */
export const udsClientTarget: FuzzTarget = {
  name: "UDS client",
  states: [
    "answered",
    "suppressed",
    "refused",
    "pending",
    "busy",
    "receiving",
    "stray answer",
    ...["P2", "P2*", "overall"].map((timer) => `timeout ${timer}`),
    "request lost",
    "response lost",
    "answer does not fit",
    "aborted",
    "session held",
  ],
  async play(run) {
    const conversation = new Conversation(run);
    for (let left = run.random.between(5, 40); left > 0 && !run.isDone; left -= 1)
      await conversation.exchange();
    await conversation.end();
  },
};

class Conversation {
  readonly #run: FuzzRun;
  readonly #random: Random;
  readonly #clock = new VirtualClock();
  readonly #link: MessageLink;
  readonly #client: UdsClient;
  readonly #trouble: number;
  #sent = 0;

  constructor(run: FuzzRun) {
    this.#run = run;
    this.#random = run.random;
    this.#trouble = run.random.pick([0.05, 0.2, 0.5]);
    this.#link = new MessageLink(this.#clock, () => (this.#sent += 1));
    this.#client = new UdsClient({
      transport: this.#link,
      clock: this.#clock,
      timing: TIMING,
      onEvent: (event) => this.#heard(event),
    });
  }

  /** One request from its first byte to its outcome. */
  async exchange(): Promise<void> {
    const random = this.#random;
    const example = random.pick(EXCHANGES);
    const abort = new AbortController();
    this.#link.breaksSends = random.chance(this.#trouble / 8);
    const outcome = this.#ask(example, abort.signal);
    const request = { isSettled: false };
    void outcome.then(() => (request.isSettled = true));
    const endMs = this.#clock.now() + CAP_MS;
    // An answer that comes before the request has left is a late one to another.
    if (random.chance(0.9)) await this.#clock.advance(0);
    for (let turns = random.between(1, 8); turns > 0 && !request.isSettled; turns -= 1) {
      this.#ecuDoes(example);
      if (random.chance(this.#trouble / 16)) abort.abort();
      await this.#clock.advance(random.pick([0, 0, 1, 4]));
    }
    if (random.chance(this.#trouble)) await this.#stallTo(endMs - 20, example, () => request.isSettled);
    while (!request.isSettled && this.#clock.now() <= endMs) await this.#clock.advance(10);
    if (this.#client.session !== 1) this.#run.enter("session held");
    if (request.isSettled) return;
    this.#run.fail(`${example.service.name} was not settled after ${CAP_MS} ms`);
    abort.abort();
  }

  async end(): Promise<void> {
    const last = this.#ask(this.#random.pick(EXCHANGES), new AbortController().signal);
    this.#client.close();
    await this.#clock.advance(0);
    await last;
    const before = this.#sent;
    await this.#clock.advance(10 * TIMING.s3ClientMs);
    if (this.#sent > before) this.#run.fail("a closed client went on sending");
  }

  async #ask(example: ExampleExchange, signal: AbortSignal): Promise<void> {
    const isSuppressed = example.service.subFunction && this.#random.chance(0.15);
    try {
      if (isSuppressed) await example.askSuppressed(this.#client, { signal });
      else await example.ask(this.#client, { signal });
      this.#run.enter(isSuppressed ? "suppressed" : "answered");
    } catch (error) {
      const state = stateOf(error);
      if (state === undefined) this.#run.fail(`${example.service.name} threw what is no error of UDS`, error);
      else this.#run.enter(state);
    }
  }

  /** 0x78 until just before the end: only the overall cap ends that. */
  async #stallTo(untilMs: number, { service }: ExampleExchange, isSettled: () => boolean): Promise<void> {
    const isTooLate = this.#random.chance(0.4);
    while (!isSettled() && this.#clock.now() < untilMs + 40) {
      this.#arrives(Uint8Array.of(0x7f, service.sid, 0x78));
      await this.#clock.advance(isTooLate && this.#random.chance(0.4) ? 25 : 18);
    }
  }

  #ecuDoes(example: ExampleExchange): void {
    const random = this.#random;
    if (random.chance(0.3)) return; // silence
    if (random.chance(this.#trouble / 4)) this.#layerBelow();
    const answer = this.#run.mutated ? this.#answer(example) : random.bytes(random.between(1, 10));
    this.#arrives(random.chance(this.#trouble / 2) ? mutate(answer, random) : answer);
  }

  #answer({ service, response }: ExampleExchange): Uint8Array {
    const random = this.#random;
    const refusal = (nrc: number): Uint8Array => Uint8Array.of(0x7f, service.sid, nrc);
    if (!random.chance(this.#trouble)) return response;
    switch (random.below(6)) {
      case 0:
        return refusal(random.pick([0x10, 0x22, 0x31, 0x33, 0x72]));
      case 1:
        return refusal(0x21);
      case 2:
        return random.pick(EXCHANGES).response;
      case 3:
        return response.subarray(0, 1 + service.echo);
      default:
        return refusal(0x78);
    }
  }

  /** A longer answer begins, or breaks off. */
  #layerBelow(): void {
    this.#run.input();
    if (this.#random.chance(0.6)) {
      this.#run.enter("receiving");
      this.#link.begins(this.#random.between(8, 4095));
    } else this.#link.fails();
  }

  #arrives(message: Uint8Array): void {
    this.#run.input();
    try {
      this.#link.arrives(message);
    } catch (error) {
      this.#run.fail(`the answer ${Buffer.from(message).toString("hex")} threw`, error);
    }
  }

  #heard(event: ClientEvent): void {
    if (event.kind === "pending") this.#run.enter("pending");
    if (event.kind === "stray") this.#run.enter("stray answer");
    if (event.kind === "failed" && event.error instanceof UdsRefused && event.error.nrc === 0x21) {
      this.#run.enter("busy");
    }
  }
}

/** The state that an error of the client stands for; undefined where it is none of its errors. */
function stateOf(error: unknown): string | undefined {
  if (error instanceof UdsRefused) return "refused";
  if (error instanceof UdsTimeout) return `timeout ${error.timer}`;
  if (error instanceof UdsTransportError) return `${error.direction} lost`;
  if (error instanceof UdsProtocolError || error instanceof UdsFormatError) return "answer does not fit";
  return error instanceof UdsAborted ? "aborted" : undefined;
}
