import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { explainCapture, readCapture } from "../bench-tools/capture-reader.ts";
import { EXIT_HELP, profileOf, readBytes } from "./bench-options.ts";
import { endWithReader } from "./closed-pipe.ts";
import { optionInvalid, readArguments, type Verb } from "./options.ts";

const HELP = `usage: agent explain [FILE] [options]

Explains a candump log (candump -l, agent run --capture) as a tree of UDS, ISO-TP and CAN. Without FILE, or with "-",
it reads standard input. A capture of several channels is explained channel by channel.

  --ecu-profile NAME  an ECU on this bus: its identifiers and names; engine, adas, body or a JSON file; can be repeated
  --channel NAME      only this channel of the log: can0
  --others            show frames that belong to no ECU too
  --json              lines of JSON with channel and text

${EXIT_HELP}`;

export const explain: Verb = async (args) => {
  const { values: options, positionals } = readArguments("explain", args, {
    "ecu-profile": { type: "string", multiple: true, default: [] },
    channel: { type: "string" },
    others: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const [file = "-", ...more] = positionals;
  if (more.length > 0) throw optionInvalid("explain", "One FILE is explained.");
  const profiles = await Promise.all(options["ecu-profile"].map(profileOf));
  const { channel, others, json } = options;
  const input = file === "-" ? process.stdin : await openFile(file);
  const entries = readCapture(createInterface({ input, crlfDelay: Infinity }));
  endWithReader(process.stdout);
  let shown: string | undefined;
  for await (const { channel: from, line } of explainCapture(entries, { profiles, others, channel })) {
    if (json) console.log(JSON.stringify({ channel: from, line }));
    else {
      if (shown !== undefined && shown !== from) console.log(`${from}:`);
      console.log(line);
    }
    shown = from;
  }
  return 0;
};

/** A stream tells of a file that is not there only later, where nobody waits for it. */
async function openFile(file: string): Promise<NodeJS.ReadableStream> {
  const stream = createReadStream(file);
  const opened = Promise.withResolvers<void>();
  stream.once("open", () => opened.resolve());
  stream.once("error", opened.reject);
  try {
    await opened.promise;
  } catch {
    await readBytes(file);
  }
  return stream;
}
