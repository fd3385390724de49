import type { GatewayState, JobEcuState, JobState } from "@halfshaft/edge-agent";

const BAR_CELLS = 24;

/** What the demo shows of a job: one bar per ECU on a terminal, one line per change elsewhere. */
export class ProgressView {
  readonly #out: NodeJS.WriteStream;
  #lines = 0;
  #lastStage = "";

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(state: GatewayState): void {
    const job = state.job;
    if (job === undefined) return;
    if (this.#out.isTTY) this.#redraw(job);
    else this.#logStage(job);
  }

  /** Leaves what is drawn standing. */
  end(): void {
    this.#lines = 0;
  }

  #redraw(job: JobState): void {
    const lines = [stageLine(job), ...job.ecus.map(ecuLine)];
    const up = this.#lines > 0 ? `\u001B[${this.#lines}A` : "";
    this.#out.write(up + lines.map((line) => `\u001B[2K${line}\n`).join(""));
    this.#lines = lines.length;
  }

  #logStage(job: JobState): void {
    const stage = `${job.stage} ${job.ecus.map((ecu) => `${ecu.status} ${quarters(ecu)}`).join(", ")}`;
    if (stage === this.#lastStage) return;
    this.#lastStage = stage;
    this.#out.write(`  ${job.stage.padEnd(9)} ${job.ecus.map(ecuWord).join("  ")}\n`);
  }
}

function stageLine(job: JobState): string {
  const left = job.remainingMs === undefined ? "" : `  about ${Math.ceil(job.remainingMs / 1000)} s left`;
  return `  ${job.stage.padEnd(10)} ${String(Math.round(job.fraction * 100)).padStart(3)} %${left}`;
}

/** The half shaft: a bar between two joints. */
function ecuLine(ecu: JobEcuState): string {
  const fraction = ecu.fraction ?? (isFinished(ecu) ? 1 : 0);
  const cells = Math.round(fraction * BAR_CELLS);
  const bar = `◉${"━".repeat(cells)}${"─".repeat(BAR_CELLS - cells)}${fraction >= 1 ? "◉" : "○"}`;
  return `  ${ecu.name.padEnd(20)} ${bar} ${String(Math.round(fraction * 100)).padStart(3)} %  ${ecu.status}`;
}

const ecuWord = (ecu: JobEcuState): string =>
  `${ecu.name} ${ecu.status}${ecu.fraction === undefined ? "" : ` ${Math.round(ecu.fraction * 100)} %`}`;

/** A line for each quarter of an ECU's work is enough where nothing can be drawn over. */
const quarters = ({ fraction = 0 }: JobEcuState): number => Math.floor(fraction * 4);

function isFinished(ecu: JobEcuState): boolean {
  return ["installed", "onTrial", "committed", "reverted"].includes(ecu.status);
}
