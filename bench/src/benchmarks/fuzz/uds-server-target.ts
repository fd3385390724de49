import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { UdsServer, type ServerEvent, UdsFormatError, UdsRefused } from "@halfshaft/vehicle-net/uds";
import type { FuzzRun, FuzzTarget } from "./fuzz-run.ts";
import { MessageLink } from "./message-link.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import { FLASH, GUESSED_KEYS, keyOf, OTHER_REQUESTS, SMALL_TALK } from "./uds-conversations.ts";
import { serverHandlers, serverSecurity, SERVER_TIMING } from "./uds-server-parts.ts";

const SESSIONS: Readonly<Record<number, string>> = {
  1: "default session",
  2: "programming session",
  3: "extended session",
};
const LONG_MS = 60_000;

/** A diagnostic server with sessions, lock, slow routines and a download; requests come physically and functionally. */
export const udsServerTarget: FuzzTarget = {
  name: "UDS server",
  states: [
    ...Object.values(SESSIONS),
    "session ended by S3",
    "session ended by reset",
    "unlocked",
    "delay after wrong keys",
    "download begun",
    "block taken",
    "download ended",
    "answered",
    "refused",
    "pending",
    "busy",
    "silent",
    "send failed",
  ],
  async play(run) {
    const conversation = new Conversation(run);
    await conversation.play();
  },
};

class Conversation {
  readonly #run: FuzzRun;
  readonly #random: Random;
  readonly #clock = new VirtualClock();
  readonly #physical: MessageLink;
  readonly #functional: MessageLink;
  readonly #server: UdsServer;
  /** How much goes wrong in this conversation. */
  readonly #trouble: number;
  #seed: Uint8Array | undefined;
  #request: Uint8Array = new Uint8Array();
  #answers = 0;

  constructor(run: FuzzRun) {
    this.#run = run;
    this.#random = run.random;
    this.#trouble = run.random.pick([0.01, 0.03, 0.2]);
    this.#physical = new MessageLink(this.#clock, (message) => this.#answered(message));
    this.#functional = new MessageLink(this.#clock, () =>
      run.fail("an answer went to the functional address"),
    );
    this.#server = new UdsServer({
      transport: this.#physical,
      functionalTransport: this.#functional,
      clock: this.#clock,
      timing: SERVER_TIMING,
      handlers: serverHandlers(
        (state) => run.enter(state),
        () => this.#server.reset(),
      ),
      security: serverSecurity(run.random),
      onEvent: (event) => this.#heard(event),
    });
  }

  async play(): Promise<void> {
    const random = this.#random;
    for (let left = random.between(1, 4); left > 0 && !this.#run.isDone; left -= 1) {
      const requests = this.#run.mutated
        ? random.pick([FLASH, FLASH, FLASH, FLASH, SMALL_TALK, GUESSED_KEYS])
        : OTHER_REQUESTS;
      for (const request of requests) await this.#say(request);
    }
    await this.#mustAnswer();
    this.#server.close();
  }

  async #say(valid: Uint8Array): Promise<void> {
    const random = this.#random;
    const request = (this.#request = this.#spoiled(this.#keyed(valid)));
    if (random.chance(this.#trouble / 4)) return; // lost on the way
    this.#physical.breaksSends = random.chance(this.#trouble / 2);
    if (request.length > 7 && random.chance(0.1)) {
      this.#physical.begins(request.length);
      if (random.chance(0.5)) this.#physical.fails();
    }
    for (let times = random.chance(0.05) ? 2 : 1; times > 0; times -= 1) this.#arrives(request);
    const patience = random.chance(this.#trouble / 2)
      ? [40, 500, 5500]
      : isSlow(request)
        ? [1, 300, 300]
        : [0, 1];
    await this.#clock.advance(random.pick(patience));
    if (this.#answers === 0) this.#run.enter("silent");
  }

  #arrives(request: Uint8Array): void {
    this.#run.input();
    this.#answers = 0;
    const link = request.length <= 7 && this.#random.chance(0.1) ? this.#functional : this.#physical;
    try {
      link.arrives(request);
    } catch (error) {
      this.#run.fail(`${Buffer.from(request).toString("hex")} threw`, error);
    }
  }

  /** The key that answers the last seed, where the conversation has a place for one. */
  #keyed(valid: Uint8Array): Uint8Array {
    if (valid[0] !== 0x27 || valid[1] !== 0x02 || valid[2] !== 0 || this.#seed === undefined) return valid;
    return Uint8Array.from([0x27, 0x02, ...keyOf(this.#seed)]);
  }

  #spoiled(valid: Uint8Array): Uint8Array {
    const random = this.#random;
    if (!this.#run.mutated) return Uint8Array.from([valid[0]!, ...random.bytes(random.below(12))]);
    return random.chance(this.#trouble) ? mutate(valid, random) : valid;
  }

  #answered(message: Uint8Array): void {
    if (message[0] === 0x67 && message[1] === 0x01 && message.length > 2) this.#seed = message.slice(2);
    const isRefusal = message[0] === 0x7f;
    if (message[0] === 0x67 && message[1] === 0x02) this.#run.enter("unlocked");
    else if (!isRefusal) this.#run.enter("answered");
    else if (message[2] === 0x78) this.#run.enter("pending");
    else if (message[2] === 0x21) this.#run.enter("busy");
    else this.#run.enter(message[2] === 0x37 ? "delay after wrong keys" : "refused");
    if (isRefusal && message.length !== 3) this.#run.fail(`a refusal has ${message.length} bytes`);
    if (!isRefusal && (message[0] ?? 0) < 0x40)
      this.#run.fail(`answered ${Buffer.from(message).toString("hex")}`);
    this.#answers += 1;
  }

  #heard(event: ServerEvent): void {
    const run = this.#run;
    const request = Buffer.from(this.#request).toString("hex");
    switch (event.kind) {
      case "session":
        if (event.reason === "request") run.enter(SESSIONS[event.to] ?? `session ${event.to}`);
        else run.enter(`session ended by ${event.reason}`);
        return;
      case "handler-failed":
        if (event.error instanceof UdsRefused || event.error instanceof UdsFormatError) return;
        run.fail(`${request}: a handler threw`, event.error);
        return;
      case "illegal-nrc":
        run.fail(`${request}: ${event.service} refused with ${event.nrc.toString(16)}, which it may not`);
        return;
      case "send-failed":
        run.enter("send failed");
        return;
      default:
    }
  }

  /** However the conversation went: after a while the server answers a plain request. */
  async #mustAnswer(): Promise<void> {
    this.#physical.breaksSends = false;
    await this.#clock.advance(LONG_MS);
    if (this.#server.unlocked !== undefined) this.#run.fail("it stayed unlocked after S3");
    this.#answers = 0;
    this.#physical.arrives(Uint8Array.of(0x3e, 0x00));
    await this.#clock.advance(1);
    if (this.#answers !== 1) this.#run.fail(`3E 00 was answered ${this.#answers} times`);
  }
}

/** The routine that takes longer than P2. */
const isSlow = (request: Uint8Array): boolean => request[0] === 0x31 && request[2] === 0xab;
