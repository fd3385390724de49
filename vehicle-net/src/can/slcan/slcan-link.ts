import type { Clock, Timer } from "../../clock/clock.ts";
import { SlcanLines } from "../slcan-line.ts";
import type { SlcanPort } from "./slcan-port.ts";

/** A line that an adapter said, without its end. */
export interface SlcanLine {
  readonly text: string;
  /** BEL took the place of CR. */
  readonly isRefused: boolean;
}

/** Lines to and from an adapter: first questions and their answers, then whatever it says. */
export class SlcanLink {
  readonly #port: SlcanPort;
  readonly #clock: Clock;
  readonly #lines = new SlcanLines();
  #onLine: ((line: SlcanLine) => void) | undefined;

  /** @param onLost told once where the port goes away by itself. */
  constructor(port: SlcanPort, clock: Clock, onLost: (cause: Error | undefined) => void) {
    this.#port = port;
    this.#clock = clock;
    port.listen({
      heard: (chunk) => this.#lines.push(chunk, (text, isRefused) => this.#onLine?.({ text, isRefused })),
      lost: onLost,
    });
  }

  /** Hands every line from now on to `listener`; `undefined`: they are dropped. */
  onLine(listener: ((line: SlcanLine) => void) | undefined): void {
    this.#onLine = listener;
  }

  /** @param command without its CR; never empty, since firmware of the CANable takes that as "the last frame again". */
  say(command: string): void {
    this.#port.write(`${command}\r`);
  }

  /** @param lines each with its CR. */
  write(lines: string): void {
    this.#port.write(lines);
  }

  /** Says a command and resolves with the first line that `isAnswer`, or `undefined` after `timeoutMs`. */
  async ask(
    command: string,
    timeoutMs: number,
    isAnswer: (line: SlcanLine) => boolean,
  ): Promise<SlcanLine | undefined> {
    const { promise, resolve } = Promise.withResolvers<SlcanLine | undefined>();
    const late: Timer = this.#clock.after(timeoutMs, () => resolve(undefined));
    this.#onLine = (line) => {
      if (isAnswer(line)) resolve(line);
    };
    this.say(command);
    try {
      return await promise;
    } finally {
      late.cancel();
      this.#onLine = undefined;
    }
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}
