import { BenchError } from "../../bench-error.ts";
import type { FuzzTarget } from "./fuzz-run.ts";
import { isoTpTarget } from "./isotp-target.ts";
import { slcanTarget } from "./slcan-target.ts";
import { udsClientTarget } from "./uds-client-target.ts";
import { udsServerTarget } from "./uds-server-target.ts";

/** What can be fuzzed. A new target is its file and its entry here. */
export const TARGETS: readonly FuzzTarget[] = [isoTpTarget, udsServerTarget, udsClientTarget, slcanTarget];

/** @throws {BenchError} `BAD_OPTION` naming those that there are. */
export function targetNamed(name: string): FuzzTarget {
  const target = TARGETS.find((target) => target.name === name);
  if (target !== undefined) return target;
  throw new BenchError("BAD_OPTION", `There is no fuzz target "${name}".`, {
    help: `The targets are ${TARGETS.map((each) => `"${each.name}"`).join(", ")}.`,
  });
}
