import { parseArgs } from "node:util";
import { BenchError } from "../bench-error.ts";
import { TARGETS, targetNamed } from "../benchmarks/fuzz/targets.ts";
import { fuzz as fuzzTarget, type FuzzResult } from "../benchmarks/fuzz/watch.ts";
import { table } from "../demo/table.ts";

const HELP = `usage: scripts/run.sh bench fuzz [--json] [--inputs N] [--seed N] [--target NAME]...

Spoils conversations, and makes some up, until each target has had N inputs: no error that is not one of its own, no
hang, no growing memory. The targets are ${TARGETS.map(({ name }) => `"${name}"`).join(", ")}.

--json     a line per target
--inputs   how many, 1,000,000 unless told
--seed     another run; the same seed repeats one
--target   only this one; may be given again

Exit status 1 where something failed, or a state was entered in less than one of a hundred inputs.`;

/** Every state must be entered in at least this share of the inputs. */
const LEAST_SHARE = 0.01;

export async function fuzz(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      inputs: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      target: { type: "string", multiple: true },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const inputs = wholeNumber("--inputs", values.inputs);
  const seed = wholeNumber("--seed", values.seed);
  const targets = (values.target ?? TARGETS.map(({ name }) => name)).map(targetNamed);
  const results: FuzzResult[] = [];
  for (const { name } of targets) {
    const result = await fuzzTarget({ target: name, inputs, seed }, (sentence) => console.error(sentence));
    if (values.json === true) console.log(JSON.stringify(result));
    results.push(result);
  }
  if (values.json !== true) console.log(table(COLUMNS, results.map(rowOf)));
  const faults = results.flatMap(faultsOf);
  for (const fault of faults) console.error(fault);
  return faults.length === 0 ? 0 : 1;
}

function faultsOf({ target, inputs, mutatedInputs, failures, statesEntered }: FuzzResult): string[] {
  const faults = failures === 0 ? [] : [`${target}: ${failures} failures`];
  if (mutatedInputs * 2 < inputs)
    faults.push(`${target}: only ${mutatedInputs} inputs were mutated from valid ones`);
  for (const [state, count] of Object.entries(statesEntered)) {
    if (count < inputs * LEAST_SHARE)
      faults.push(`${target}: the state "${state}" was entered only ${count} times`);
  }
  return faults;
}

const COLUMNS = [
  "target",
  "inputs",
  "mutated",
  "failures",
  "states",
  "rarest state",
  "entered",
  "heap",
  "time",
];

function rowOf(result: FuzzResult): string[] {
  const states = Object.entries(result.statesEntered).toSorted(([, a], [, b]) => a - b);
  const [rarest = "", entered = 0] = states[0] ?? [];
  return [
    result.target,
    String(result.inputs),
    String(result.mutatedInputs),
    String(result.failures),
    String(states.length),
    rarest,
    String(entered),
    `${(result.heapGrowthBytes / 1e6).toFixed(1)} MB`,
    `${result.seconds.toFixed(1)} s`,
  ];
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new BenchError("BAD_OPTION", `${option} ${text} is not a whole number from 1`);
}
