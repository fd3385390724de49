import type { Clock } from "../../clock/clock.ts";
import type { SlcanPort, SlcanPortListener } from "./slcan-port.ts";

/** For tests: a port whose adapter is a function from a line to what it says, written down as it goes. */
export class ScriptedPort implements SlcanPort {
  readonly heard: string[] = [];
  readonly #clock: Clock;
  readonly #answer: (line: string) => string;
  #listener: SlcanPortListener | undefined;

  /** @param answer what the adapter says to a line, each line of it with its end. */
  constructor(clock: Clock, answer: (line: string) => string) {
    this.#clock = clock;
    this.#answer = answer;
  }

  listen(listener: SlcanPortListener): void {
    this.#listener = listener;
  }

  write(text: string): void {
    for (const line of text.split("\r").slice(0, -1)) {
      this.heard.push(line);
      const answer = this.#answer(line);
      if (answer !== "") this.#clock.after(1, () => this.say(answer));
    }
  }

  say(text: string): void {
    this.#listener?.heard(Buffer.from(text, "latin1"));
  }

  lose(): void {
    this.#listener?.lost(undefined);
  }

  async close(): Promise<void> {
    this.#listener = undefined;
  }
}
