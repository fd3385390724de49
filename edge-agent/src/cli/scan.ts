import { realClock } from "@halfshaft/vehicle-net/clock";
import { didDigits } from "../bench-tools/did.ts";
import type { EcuLink } from "../bench-tools/ecu-link.ts";
import {
  type Finding,
  scanDids,
  type ScanOptions,
  scanServices,
  scanSessions,
} from "../bench-tools/scan-ecu.ts";
import { type FoundEcu, scanIds } from "../bench-tools/scan-ids.ts";
import { ECU_HELP, ECU_OPTIONS, EXIT_HELP, withBus, withEcu } from "./bench-options.ts";
import { interruptible } from "./interrupted.ts";
import { hexRange, optionInvalid, readOptions, type Verb, wholeNumber } from "./options.ts";
import { Output } from "./output.ts";

const HELP = `usage: agent scan --bus URL [--ids RANGE] [options]
       agent scan --bus URL (--ecu-profile NAME | --request ID) [options]

Without an ECU: asks every identifier of a range (3E 00, then 10 01) and lists who answers. With one: lists its
services, sessions and data identifiers. Sessions are entered for a moment, and some ECUs restart then: leave them
out in a vehicle that is in use.

${ECU_HELP}
  --ids RANGE         identifiers to ask, hex; default 700-7FF, extended 18DA00F1-18DAFFF1 in steps of 100
  --wait-ms N         how long an answer is waited for, default 60
  --find WORDS        of services, sessions and dids, with commas; default services,dids
  --dids RANGE        data identifiers to read, hex; default F180-F1FF

${EXIT_HELP}`;

const FINDS = ["services", "sessions", "dids"] as const;
type Find = (typeof FINDS)[number];
/** Fixed addresses of 29 bits (ISO 15765-2:2016, 10.3.3): the target is the second byte, F1 the tester. */
const FIXED_REQUESTS = { first: 0x18da_00f1, last: 0x18da_fff1, step: 0x100 };
const HELP_INTERRUPTED = "What was found until here stands above.";

export const scan: Verb = async (args) => {
  const options = readOptions("scan", args, {
    ...ECU_OPTIONS,
    ids: { type: "string" },
    "wait-ms": { type: "string", default: "60" },
    find: { type: "string", default: "services,dids" },
    dids: { type: "string", default: "F180-F1FF" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const { extended = false } = options;
  const output = new Output(process.stdout, options.json);
  if (options["ecu-profile"] === undefined && options.request === undefined) {
    const ids = options.ids === undefined ? defaultIds(extended) : idRange(options.ids, extended);
    const waitMs = wholeNumber("scan", "wait-ms", options["wait-ms"], 10_000);
    await withBus("scan", options.bus, (bus) =>
      interruptible(HELP_INTERRUPTED, async (signal) => {
        const onProgress = progressOn(output, "identifiers");
        let count = 0;
        for await (const found of scanIds(bus, realClock, { ...ids, extended, waitMs, signal, onProgress })) {
          count += 1;
          tellFound(output, found);
        }
        output.tell({ answering: count }, count === 0 ? "Nobody answered." : `${count} answered.`);
      }),
    );
    return 0;
  }
  const finds = options.find.split(",").map(findNamed);
  const range = hexRange("scan", "dids", options.dids, 0xffff);
  await withEcu("scan", options, (link) =>
    interruptible(HELP_INTERRUPTED, async (signal) => {
      for (const find of finds) {
        const onProgress = progressOn(output, find);
        for await (const finding of findings(link, find, range, { signal, onProgress })) {
          tellFinding(output, finding);
        }
        output.clearProgress();
      }
    }),
  );
  return 0;
};

const defaultIds = (extended: boolean) =>
  extended
    ? { firstId: FIXED_REQUESTS.first, lastId: FIXED_REQUESTS.last, step: FIXED_REQUESTS.step }
    : { firstId: 0x700, lastId: 0x7ff };

function idRange(text: string, extended: boolean) {
  const { first, last } = hexRange("scan", "ids", text, extended ? 0x1fff_ffff : 0x7ff);
  return { firstId: first, lastId: last };
}

function findNamed(word: string): Find {
  const find = FINDS.find((known) => known === word.trim());
  if (find !== undefined) return find;
  throw optionInvalid("scan", `--find takes ${FINDS.join(", ")}, not "${word}".`);
}

function findings(
  link: EcuLink,
  find: Find,
  range: { readonly first: number; readonly last: number },
  options: ScanOptions,
): AsyncGenerator<Finding> {
  if (find === "services") return scanServices(link, options);
  return find === "sessions" ? scanSessions(link, options) : scanDids(link, range, options);
}

const progressOn =
  (output: Output, what: string) =>
  (done: number, total: number): void =>
    output.progress(what, done / total);

function tellFound(output: Output, { requestId, responseId, extended, answeredTo }: FoundEcu): void {
  const [request, response] = [requestId, responseId].map((id) =>
    id
      .toString(16)
      .toUpperCase()
      .padStart(extended ? 8 : 3, "0"),
  );
  output.tell({ request, response, extended, answeredTo }, `${request} → ${response} (${answeredTo})`);
}

function tellFinding(output: Output, finding: Finding): void {
  const { refusedWith } = finding;
  const note = refusedWith === undefined ? "" : ` (${refusedWith})`;
  const twoDigits = (value: number): string => value.toString(16).toUpperCase().padStart(2, "0");
  switch (finding.kind) {
    case "service":
      output.tell(
        { service: twoDigits(finding.sid), name: finding.name, refusedWith },
        `${finding.name}${note}`,
      );
      break;
    case "session": {
      const session = twoDigits(finding.session);
      output.tell(
        { session, name: finding.name, refusedWith },
        `session ${session} ${finding.name ?? ""}${note}`,
      );
      break;
    }
    case "did": {
      const { name, value, data } = finding;
      const did = didDigits(finding.did);
      const hex = data === undefined ? undefined : Buffer.from(data).toString("hex");
      output.tell({ did, name, hex, value, refusedWith }, `${did} ${name ?? ""}: ${value ?? refusedWith}`);
      break;
    }
  }
}
