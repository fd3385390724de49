const BAR_CELLS = 24;

/** The part of a stream that is needed: standard error has it. */
export type ProgressOutput = Pick<NodeJS.WriteStream, "isTTY"> & { write(text: string): boolean };

/** How far a long piece of work is: a bar that moves on a terminal, a line for every tenth elsewhere. */
export class ProgressLine {
  readonly #out: ProgressOutput;
  #percent = -1;
  #isDrawn = false;

  constructor(out: ProgressOutput) {
    this.#out = out;
  }

  /** @param share 0…1 */
  show(share: number): void {
    const percent = Math.floor(share * 100);
    const step = this.#out.isTTY ? 1 : 10;
    if (percent < this.#percent + step) return;
    this.#percent = percent - (percent % step);
    if (this.#out.isTTY) this.#draw(share);
    else if (this.#percent > 0) this.#out.write(`${this.#percent} %\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#isDrawn) this.#out.write("\r\u001B[2K");
    this.#isDrawn = false;
  }

  #draw(share: number): void {
    const cells = Math.round(share * BAR_CELLS);
    const bar = `◉${"━".repeat(cells)}${"─".repeat(BAR_CELLS - cells)}${share >= 1 ? "◉" : "○"}`;
    this.#out.write(`\r\u001B[2K${bar} ${String(this.#percent).padStart(3)} %`);
    this.#isDrawn = true;
  }
}
