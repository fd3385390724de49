import { failureSentence } from "@halfshaft/ota-format";
import type { GatewayState, JobEcuState, JobState } from "../gateway-state.ts";

const BAR_CELLS = 24;

/** Shows what the agent does: a bar for each ECU on a terminal, one line of JSON for each change elsewhere. */
export class ProgressView {
  readonly #out: NodeJS.WriteStream;
  #drawnLines = 0;
  #last = "";

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show({ cloud, job }: GatewayState): void {
    if (this.#out.isTTY) this.#draw(job);
    else this.#tell({ cloud, job });
  }

  #tell({ cloud, job }: Pick<GatewayState, "cloud" | "job">): void {
    const line = JSON.stringify({ cloud, ...(job === undefined ? {} : { job: summary(job) }) });
    if (line === this.#last) return;
    this.#last = line;
    this.#out.write(`${line}\n`);
  }

  #draw(job: JobState | undefined): void {
    if (job === undefined) {
      this.#drawnLines = 0;
      return;
    }
    const lines = [headline(job), ...job.ecus.map(ecuLine)];
    const text = lines.map((line) => `\u001B[2K${line}\n`).join("");
    if (text === this.#last) return;
    this.#last = text;
    this.#out.write(this.#drawnLines > 0 ? `\u001B[${this.#drawnLines}A${text}` : text);
    this.#drawnLines = lines.length;
  }
}

/** Whole percents: a line for each block of a transfer would be thousands. */
function summary({ jobId, attempt, stage, fraction, ecus, outcome }: JobState) {
  return {
    jobId,
    attempt,
    stage,
    percent: Math.floor(fraction * 100),
    ecus: ecus.map(({ ecuId, status }) => ({ ecuId, status })),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function headline({ stage, fraction, remainingMs, outcome }: JobState): string {
  if (outcome !== undefined) {
    const { kind, failure } = outcome;
    return failure === undefined ? kind : `${kind}: ${failureSentence(failure.code, failure.operands)}`;
  }
  const left = remainingMs === undefined ? "" : `  about ${Math.ceil(remainingMs / 1000)} s left`;
  return `${stage.padEnd(10)} ${String(Math.round(fraction * 100)).padStart(3)} %${left}`;
}

/** A half shaft: what is done between two joints. */
function ecuLine({ name, status, fraction }: JobEcuState): string {
  const isDone = ["installed", "onTrial", "committed", "reverted"].includes(status);
  const share = fraction ?? (isDone ? 1 : 0);
  const cells = Math.round(share * BAR_CELLS);
  const bar = `◉${"━".repeat(cells)}${"─".repeat(BAR_CELLS - cells)}${share >= 1 ? "◉" : "○"}`;
  return `  ${name.padEnd(20)} ${bar} ${status}`;
}
