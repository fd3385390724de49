import { parseArgs } from "node:util";
import { killRounds } from "../benchmarks/cloud-kill/rounds.ts";
import { STORES } from "../benchmarks/cloud/store.ts";
import { chosen, wholeNumber } from "./cloud.ts";

const HELP = `usage: scripts/run.sh bench cloud-kill [--json] [--rounds N] [--store ${STORES.join("|")}]

Kills a cloud (SIGKILL) while vehicles report, others are registered and a campaign is paused and resumed, starts it
again, and looks whether everything is there that it had acknowledged, no vehicle has two jobs, and the audit log
verifies. Ends at the first round that lost something.

--json    one line at the end
--rounds  100 unless told
--store   sqlite unless told`;

export async function cloudKill(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      rounds: { type: "string", default: "100" },
      store: { type: "string", default: "sqlite" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const rounds = wholeNumber("--rounds", values.rounds);
  const store = chosen("--store", values.store, STORES);
  const result = await killRounds(store, rounds, (round) => {
    if (values.json !== true) console.error(`killed ${round} of ${rounds} times`);
  });
  if (values.json === true) console.log(JSON.stringify(result));
  else {
    console.log(
      `${rounds} kills: ${result.acknowledgedEvents} events and ${result.acknowledgedVehicles} vehicles acknowledged, ` +
        `none lost; no job twice; ${result.auditEntries} audit entries verify`,
    );
  }
  return 0;
}
