import { failureHelp, failureSentence } from "@halfshaft/ota-format";
import { runningHmiUrl } from "../data-folder.ts";
import type { GatewayState, JobState } from "../gateway-state.ts";
import { HmiClient } from "./hmi-client.ts";
import { readOptions, required, type Verb } from "./options.ts";

const HELP = `usage: agent status --data DIR [--json]

Says what the running agent of a data folder does.

  --data DIR   the agent's data folder
  --url URL    its HMI, instead of looking it up in the data folder
  --json       the whole state as one line of JSON`;

export const status: Verb = async (args) => {
  const options = readOptions("status", args, {
    data: { type: "string" },
    url: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const url = options.url ?? (await runningHmiUrl(required("status", "data", options.data)));
  const state = await new HmiClient(url).state();
  console.log(options.json === true ? JSON.stringify(state) : describe(state));
  return 0;
};

function describe(state: GatewayState): string {
  const lines = [`cloud ${state.cloud}`];
  for (const { ecuId, name, hardwareId, version, answers } of state.ecus) {
    const runs = version === undefined ? `answers: ${answers}` : `version ${version}`;
    lines.push(`${name.padEnd(20)} ${ecuId.padEnd(12)} ${hardwareId.padEnd(14)} ${runs}`);
  }
  return [...lines, ...(state.job === undefined ? ["no update"] : describeJob(state.job))].join("\n");
}

function describeJob({ jobId, attempt, release, stage, fraction, outcome, ecus }: JobState): string[] {
  const lines = [`update "${release.name}" (job ${jobId}, attempt ${attempt})`];
  if (outcome === undefined) lines.push(`  ${stage}, ${Math.round(fraction * 100)} % of the work done`);
  else lines.push(`  ${outcome.kind}${outcome.reported ? "" : ", not yet reported"}`);
  for (const ecu of ecus) {
    lines.push(`  ${ecu.name.padEnd(20)} ${ecu.fromVersion ?? "?"} → ${ecu.toVersion}  ${ecu.status}`);
  }
  if (outcome?.failure !== undefined) {
    const { code, operands } = outcome.failure;
    lines.push(`  ${code}: ${failureSentence(code, operands)}`, `  ${failureHelp(code, operands)}`);
  }
  return lines;
}
