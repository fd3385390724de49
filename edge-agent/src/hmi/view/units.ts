import type { EcuState, GatewayState, JobEcuState, JobState } from "../../gateway-state.ts";
import type { Texts } from "../texts.en.ts";
import { fill } from "./format.ts";
import type { UnitStatusName, UnitView } from "./model.ts";

type Mark = readonly [status: UnitStatusName, word: string];

/** Every control unit in the vehicle's order, each with its part in the job. */
export function unitViews({ ecus, job, cloud }: GatewayState, texts: Texts): UnitView[] {
  const next = job?.ecus.find((ecu) => ecu.status === "waiting")?.ecuId;
  const stalled = cloud === "offline" || job?.download?.paused === true;
  return ecus.map((ecu) => {
    const part = job?.ecus.find(({ ecuId }) => ecuId === ecu.ecuId);
    const [status, word] = job ? inJob(ecu, part, job, { next, stalled }, texts) : atRest(ecu, texts);
    return { ecuId: ecu.ecuId, name: ecu.name, status, word };
  });
}

/** What one unit's mark takes from the others: whose turn is next, and whether downloads stand still. */
interface Among {
  readonly next?: string;
  readonly stalled: boolean;
}

function atRest({ answers, version }: EcuState, { unit }: Texts): Mark {
  if (answers === "asking") return ["asking", unit.asking];
  if (answers === "no") return ["silent", unit.silent];
  return ["current", version ?? unit.unknown];
}

function inJob(
  ecu: EcuState,
  part: JobEcuState | undefined,
  job: JobState,
  among: Among,
  texts: Texts,
): Mark {
  const { unit } = texts;
  if (!part) return ["unchanged", unit.unchanged];
  if (job.outcome) return atEnd(ecu, part, job.outcome, texts);
  switch (part.status) {
    case "waiting":
      return waiting(part, job, part.ecuId === among.next, texts);
    case "downloading":
      if (part.fraction === 1) return ["waiting", unit.loaded];
      return [among.stalled ? "waiting" : "working", percentOr(part.fraction, unit.downloading, texts)];
    case "patching":
    case "flashing":
      return ["working", percentOr(part.fraction, unit[part.status], texts)];
    case "installed":
      return ["installed", unit.installed];
    case "onTrial":
      return ["onTrial", unit.onTrial];
    case "committed":
      return ["installed", part.toVersion];
    case "reverted":
      return ["reverted", part.fromVersion ?? ecu.version ?? unit.unknown];
    case "failed":
      return ["unitFailed", unit.failed];
    default:
      return ["silent", unit.silent];
  }
}

/** Before its turn a unit says what it will get; while others are written it says when its turn comes. */
function waiting(part: JobEcuState, job: JobState, isNext: boolean, texts: Texts): Mark {
  const { unit } = texts;
  if (job.stage === "readiness") return ["ready", unit.ready];
  if (job.stage === "flash") return ["waiting", isNext ? unit.next : unit.waiting];
  if (job.stage !== "offer" && job.stage !== "plan" && job.stage !== "consent")
    return ["waiting", unit.waiting];
  const { fromVersion: from, toVersion: to } = part;
  return ["planned", from ? fill(unit.planned, { from, to }) : fill(unit.plannedNew, { to })];
}

/** After the job what counts is what runs now. */
function atEnd(
  ecu: EcuState,
  part: JobEcuState,
  outcome: NonNullable<JobState["outcome"]>,
  texts: Texts,
): Mark {
  const { unit } = texts;
  if (part.status === "noAnswer") return [outcome.safeToDrive ? "silent" : "lost", unit.silent];
  if (outcome.kind === "succeeded") return ["installed", part.toVersion];
  const runs = ecu.version ?? part.fromVersion ?? unit.unknown;
  const touched = ["flashing", "installed", "onTrial", "committed", "reverted", "failed"].includes(
    part.status,
  );
  return [touched ? "reverted" : "unchanged", runs];
}

function percentOr(fraction: number | undefined, word: string, { unit }: Texts): string {
  return fraction === undefined ? word : fill(unit.percent, { percent: Math.floor(fraction * 100) });
}
