import { AgentError } from "../agent-error.ts";
import { runningHmiUrl } from "../data-folder.ts";
import type { ConsentDecision } from "../gateway-state.ts";
import { HmiClient } from "./hmi-client.ts";
import { optionInvalid, readOptions, required, type Verb } from "./options.ts";

const HELP = `usage: agent approve --data DIR [--decision now|tonight|decline]

Answers the update that waits for the driver, as the buttons of the HMI do.

  --data DIR       the agent's data folder
  --url URL        its HMI, instead of looking it up in the data folder
  --decision WORD  now (default), tonight or decline`;

const DECISIONS: readonly ConsentDecision[] = ["now", "tonight", "decline"];

export const approve: Verb = async (args) => {
  const options = readOptions("approve", args, {
    data: { type: "string" },
    url: { type: "string" },
    decision: { type: "string", default: "now" },
    help: { type: "boolean" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const decision = DECISIONS.find((word) => word === options.decision);
  if (decision === undefined) {
    throw optionInvalid("approve", `--decision takes ${DECISIONS.join(", ")}, not "${options.decision}".`);
  }
  const client = new HmiClient(
    options.url ?? (await runningHmiUrl(required("approve", "data", options.data))),
  );
  const { job } = await client.state();
  if (job === undefined) {
    throw new AgentError(
      "NO_OPEN_DECISION",
      "There is no update that could be decided upon.",
      "Look with `agent status`.",
    );
  }
  await client.decide(job.jobId, decision);
  console.log(JSON.stringify({ jobId: job.jobId, decision }));
  return 0;
};
