import type { StepName } from "@halfshaft/vehicle-net/ecu";
import { didDigits, parseDid, writeRecord } from "../bench-tools/did.ts";
import type { EcuLink } from "../bench-tools/ecu-link.ts";
import { runSequence } from "../installer/sequence.ts";
import { DiagnosticSessionControl, Session } from "@halfshaft/vehicle-net/uds";
import { ECU_HELP, ECU_OPTIONS, EXIT_HELP, targetOf, withEcu } from "./bench-options.ts";
import { optionInvalid, readArguments, type Verb } from "./options.ts";
import { Output } from "./output.ts";

const HELP = `usage: agent write DID VALUE --bus URL (--ecu-profile NAME | --request ID) [options]

Writes a data identifier of an ECU (service 2E) and reads it back. DID: hex digits such as F190, or a name of its
profile. VALUE: hex digits such as 0102FF, or with --text characters.

${ECU_HELP}
  --text              VALUE is text
  --session WORD      default, extended (default) or programming: entered before, left afterwards
  --unlock            unlock with the profile's security level before

${EXIT_HELP}`;

const SESSION_STEPS: Readonly<Record<string, readonly StepName[]>> = {
  default: [],
  extended: ["extendedSession"],
  programming: ["extendedSession", "programmingSession"],
};

export const write: Verb = async (args) => {
  const { values: options, positionals } = readArguments("write", args, {
    ...ECU_OPTIONS,
    text: { type: "boolean", default: false },
    session: { type: "string", default: "extended" },
    unlock: { type: "boolean", default: false },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const [didText, valueText, ...others] = positionals;
  if (didText === undefined || valueText === undefined || others.length > 0) {
    throw optionInvalid("write", "One DID and one VALUE are needed.");
  }
  const session = SESSION_STEPS[options.session];
  if (session === undefined) {
    throw optionInvalid("write", `--session takes ${Object.keys(SESSION_STEPS).join(", ")}.`);
  }
  const { profile } = await targetOf("write", options);
  if (options.unlock && profile === undefined) {
    throw optionInvalid("write", "--unlock needs --ecu-profile: it names the algorithm and its key.");
  }
  const did = parseDid(didText, profile);
  const data = options.text ? new TextEncoder().encode(valueText) : hexBytes(valueText);
  const output = new Output(process.stdout, options.json);
  await withEcu("write", options, async (link) => {
    await prepare(link, options.session, [...session, ...(options.unlock ? (["unlock"] as const) : [])]);
    try {
      const { name, value } = await writeRecord(link, did, data);
      const hex = Buffer.from(data).toString("hex");
      output.tell({ written: didDigits(did), name, hex, value }, `${didDigits(did)} is now ${value}`);
    } finally {
      const { client } = link;
      if (client.session !== Session.default) {
        await client.request(DiagnosticSessionControl, { session: Session.default });
      }
    }
  });
  return 0;
};

async function prepare(link: EcuLink, session: string, steps: readonly StepName[]): Promise<void> {
  const { client, profile } = link;
  if (profile !== undefined) {
    const today = (): string => new Date().toISOString().slice(0, 10);
    await runSequence({ client, profile, today, tester: "halfshaft" }, steps);
  } else if (session !== "default") {
    await client.request(DiagnosticSessionControl, { session: Session.extended });
    if (session === "programming")
      await client.request(DiagnosticSessionControl, { session: Session.programming });
  }
}

function hexBytes(text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]/g, "");
  if (/^([0-9a-f]{2})+$/i.test(digits)) return new Uint8Array(Buffer.from(digits, "hex"));
  throw optionInvalid("write", `"${text}" is no row of hex digit pairs; for text give --text.`);
}
