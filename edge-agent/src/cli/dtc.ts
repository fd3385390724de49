import { clearDtcs, readDtcs } from "../bench-tools/dtc.ts";
import { ECU_HELP, ECU_OPTIONS, EXIT_HELP, withEcu } from "./bench-options.ts";
import { hexNumber, readOptions, type Verb } from "./options.ts";
import { Output } from "./output.ts";

const HELP = `usage: agent dtc --bus URL (--ecu-profile NAME | --request ID) [options]

Lists the faults that an ECU has stored (service 19 02), with their status in words.

${ECU_HELP}
  --mask HEX          status bits of which one must be set; default FF, all
  --clear             clear all of them afterwards (service 14)

${EXIT_HELP}`;

export const dtc: Verb = async (args) => {
  const options = readOptions("dtc", args, {
    ...ECU_OPTIONS,
    mask: { type: "string", default: "FF" },
    clear: { type: "boolean", default: false },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const mask = hexNumber("dtc", "mask", options.mask, 0xff);
  const output = new Output(process.stdout, options.json);
  await withEcu("dtc", options, async (link) => {
    const dtcs = await readDtcs(link, mask);
    for (const { code, status, words } of dtcs) {
      const digits = status.toString(16).toUpperCase().padStart(2, "0");
      output.tell({ dtc: code, status: digits, words }, `${code}  ${digits}  ${words.join(", ")}`);
    }
    if (dtcs.length === 0) output.say("No faults are stored.");
    if (options.clear) {
      await clearDtcs(link);
      output.tell({ cleared: dtcs.length }, "Cleared.");
    }
  });
  return 0;
};
