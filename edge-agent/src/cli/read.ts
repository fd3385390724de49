import { didDigits, parseDid, readRecord } from "../bench-tools/did.ts";
import { ECU_HELP, ECU_OPTIONS, EXIT_HELP, targetOf, withEcu } from "./bench-options.ts";
import { optionInvalid, readArguments, type Verb } from "./options.ts";
import { Output } from "./output.ts";

const HELP = `usage: agent read DID… --bus URL (--ecu-profile NAME | --request ID)

Reads data identifiers of an ECU (service 22): hex digits such as F190, or names of its profile.

${ECU_HELP}

${EXIT_HELP}`;

export const read: Verb = async (args) => {
  const { values: options, positionals } = readArguments("read", args, ECU_OPTIONS);
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  if (positionals.length === 0) throw optionInvalid("read", "At least one DID is read.");
  const { profile } = await targetOf("read", options);
  const dids = positionals.map((text) => parseDid(text, profile));
  const output = new Output(process.stdout, options.json);
  await withEcu("read", options, async (link) => {
    for (const did of dids) {
      const { name, data, value } = await readRecord(link, did);
      const hex = Buffer.from(data).toString("hex");
      const label = name === undefined ? didDigits(did) : `${didDigits(did)} ${name}`;
      output.tell({ did: didDigits(did), name, hex, value }, `${label}: ${value}`);
    }
  });
  return 0;
};
