import type { VirtualClock } from "../clock/virtual-clock.ts";
import type { MessageReceiver, MessageTransport } from "../isotp/transport.ts";

/** Bytes of a test, written as people write them: `hex("62 F1 90")`. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.trim() === "" ? [] : text.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));

/** The same the other way: `62 F1 90`. */
export const text = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");

/** What an ECU answers to each request: messages, each after its delay. */
export type Script = Readonly<Record<string, readonly (readonly [delayMs: number, answer: string])[]>>;

export interface TestEnd extends MessageTransport {
  /** Every message that was sent from this end, with the time at which it had left. */
  readonly sent: { text: string; atMs: number }[];
}

/**
 * Two ends of a wire that carries whole messages. A message takes 1 ms; one of more than 7 bytes takes 10 ms and
 * announces itself after the first.
 */
export class TestLink {
  readonly tester: TestEnd;
  readonly ecu: TestEnd;
  /** Messages for which this returns true disappear on the way. */
  loses: (message: string) => boolean = () => false;
  /** Sends for which this returns an error fail with it. */
  breaks: (message: string) => Error | undefined = () => undefined;

  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    const testerReceivers = new Set<MessageReceiver>();
    const ecuReceivers = new Set<MessageReceiver>();
    this.tester = this.#end(clock, testerReceivers, ecuReceivers);
    this.ecu = this.#end(clock, ecuReceivers, testerReceivers);
  }

  /** Makes the ECU's end answer by the script; what is not in it stays without answer. */
  script(script: Script): void {
    this.ecu.subscribe({
      message: (message) => {
        for (const [delayMs, answer] of script[text(message)] ?? []) {
          this.#clock.after(delayMs, () => void this.ecu.send(hex(answer)));
        }
      },
    });
  }

  #end(clock: VirtualClock, own: Set<MessageReceiver>, others: Set<MessageReceiver>): TestEnd {
    const sent: { text: string; atMs: number }[] = [];
    return {
      sent,
      send: async (message) => {
        const copy = message.slice();
        const failure = this.breaks(text(copy));
        if (failure !== undefined) throw failure;
        const lost = this.loses(text(copy));
        if (copy.length > 7) {
          await clock.sleep(1);
          if (!lost) for (const receiver of others) receiver.started?.(copy.length, clock.now());
          await clock.sleep(8);
        }
        await clock.sleep(1);
        sent.push({ text: text(copy), atMs: clock.now() });
        if (!lost) for (const receiver of others) receiver.message(copy, clock.now());
        return clock.now();
      },
      subscribe(receiver) {
        own.add(receiver);
        return () => own.delete(receiver);
      },
      close: async () => own.clear(),
    };
  }
}
