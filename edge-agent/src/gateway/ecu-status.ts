import type { Stage } from "@halfshaft/ota-format";
import type { JobEcuState } from "../gateway-state.ts";
import type { Fact } from "../journal/fact.ts";
import type { LiveBytes } from "./live-progress.ts";

type Status = Pick<JobEcuState, "status" | "fraction">;

/** What an ECU does within the job: from its facts, and in a stage that moves bytes from those. Pure. */
export function ecuStatus(
  ecuId: string,
  facts: readonly Fact[],
  stage: Stage,
  live: LiveBytes | undefined,
): Status {
  let status: Status = { status: "waiting" };
  for (const fact of facts) if (fact.ecuId === ecuId) status = after(fact, status);
  const isAtWork = status.status === "waiting" && live !== undefined && live.total > 0;
  if (!isAtWork) return status;
  const fraction = live.done / live.total;
  switch (stage) {
    case "download":
      return { status: "downloading", fraction };
    case "patch":
      return { status: "patching", fraction };
    case "flash":
      return { status: "flashing", fraction };
    default:
      return status;
  }
}

function after({ step, kind, payload }: Fact, before: Status): Status {
  if (kind === "failed") return failed(step, payload?.failure?.code) ?? before;
  if (kind !== "done") return before;
  switch (step) {
    case "flash":
      return { status: "installed" };
    case "activate":
      return { status: "onTrial" };
    case "confirm":
      return settled(payload?.ecu, before);
    default:
      return before;
  }
}

function settled(ecu: "healthy" | "committed" | "reverted" | undefined, before: Status): Status {
  if (ecu === "committed") return { status: "committed" };
  // The one that brought all the others back stays marked.
  if (ecu === "reverted") return before.status === "failed" ? before : { status: "reverted" };
  return { status: "onTrial" };
}

/** What goes wrong before the bus is touched is not the unit's failure: it runs as before. */
function failed(step: Stage, code: string | undefined): Status | undefined {
  if (step === "download" || step === "verify" || step === "patch") return undefined;
  // It gets the full image instead.
  if (code === "FLASH_DELTA_REFUSED") return { status: "waiting" };
  return code === "CONFIRM_NO_ANSWER" ? { status: "noAnswer" } : { status: "failed" };
}
