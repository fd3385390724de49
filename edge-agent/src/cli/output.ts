import { outliveReader } from "./closed-pipe.ts";

const BAR_CELLS = 24;
/** Progress lines of JSON: more would be noise. */
const PERCENT_STEP = 1;

/** Where a verb says what it found: text for a person on a terminal, a line of JSON for a program. */
export class Output {
  readonly #out: NodeJS.WriteStream;
  readonly #isJson: boolean;
  #barIsDrawn = false;
  #lastPercent = -PERCENT_STEP;

  /** @param json asked for; without it a terminal gets text, a pipe JSON. */
  constructor(out: NodeJS.WriteStream, json: boolean | undefined) {
    this.#out = out;
    this.#isJson = json ?? !out.isTTY;
    outliveReader(out);
  }

  /** One finding, as both. */
  tell(record: object, text: string): void {
    this.clearProgress();
    this.#out.write(`${this.#isJson ? JSON.stringify(record) : text}\n`);
  }

  /** What only a person wants to read. */
  say(text: string): void {
    if (this.#isJson) return;
    this.clearProgress();
    this.#out.write(`${text}\n`);
  }

  /** How far something is, from 0 to 1: a bar, or a line for each whole percent. */
  progress(what: string, fraction: number, remainingMs?: number): void {
    const percent = Math.floor(fraction * 100);
    if (percent < this.#lastPercent) this.#lastPercent = -PERCENT_STEP;
    if (percent - this.#lastPercent < PERCENT_STEP) return;
    this.#lastPercent = percent;
    const remainingSeconds = remainingMs === undefined ? undefined : Math.ceil(remainingMs / 1000);
    if (this.#isJson) {
      this.#out.write(`${JSON.stringify({ progress: what, percent, remainingSeconds })}\n`);
    } else if (this.#out.isTTY) {
      const cells = Math.round(fraction * BAR_CELLS);
      const bar = `◉${"━".repeat(cells)}${"─".repeat(BAR_CELLS - cells)}${percent >= 100 ? "◉" : "○"}`;
      const left = remainingSeconds === undefined ? "" : `  about ${remainingSeconds} s left`;
      this.#out.write(`\r\u001B[2K${what.padEnd(10)} ${bar} ${String(percent).padStart(3)} %${left}`);
      this.#barIsDrawn = true;
    }
  }

  /** The bar stays as it is, and what comes next begins a line of its own. */
  endProgress(): void {
    if (this.#barIsDrawn) this.#out.write("\n");
    this.#barIsDrawn = false;
    this.#lastPercent = -PERCENT_STEP;
  }

  /** As if there had been no bar. */
  clearProgress(): void {
    if (this.#barIsDrawn) this.#out.write("\r\u001B[2K");
    this.#barIsDrawn = false;
    this.#lastPercent = -PERCENT_STEP;
  }
}
