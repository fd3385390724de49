import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import type { Problem } from "@halfshaft/ota-format";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";

const HELP = `usage: cloud import [--dry-run] [--allow-unknown-hardware] [--url URL] [--key FILE] FILE

Imports as-built vehicles into a running cloud; importing a file twice changes nothing.

  FILE                       .csv, or JSON lines: .ndjson or .jsonl
  --dry-run                  only say what would be done
  --allow-unknown-hardware   take ECUs whose hardware is not registered
  --url URL                  of the cloud (http://127.0.0.1:8080)
  --key FILE                 with an operator key (halfshaft-cloud/operator-key)
  --json                     print the answer as one line of JSON`;

const TYPES: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".ndjson": "application/x-ndjson",
  ".jsonl": "application/x-ndjson",
};

interface Result {
  readonly importId: string;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly errors: readonly { readonly line: number; readonly sentence: string }[];
}

/** Sends a file of as-built vehicles to a running cloud, and says what became of its rows. */
export async function run({ words }: Invocation): Promise<void> {
  const { values, positionals } = parse(words);
  const [file, another] = positionals;
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  if (file === undefined) throw new Refusal("WORD_MISSING", { verb: "import", what: "the FILE of vehicles" });
  if (another !== undefined) throw new Refusal("WORD_UNEXPECTED", { verb: "import", word: another });
  const type = TYPES[extname(file).toLowerCase()];
  if (type === undefined) {
    const reason = `${file} ends neither in .csv nor in .ndjson`;
    throw new Refusal("OPTION_INVALID", { reason, verb: "import" });
  }
  const base = baseUrl(values.url);
  const key = await readKey(values.key);
  const query = new URLSearchParams({
    dryRun: String(values["dry-run"] === true),
    allowUnknownHardware: String(values["allow-unknown-hardware"] === true),
  });
  const url = `${base}/api/v1/vehicles/import?${query.toString()}`;
  const stream = createReadStream(file);
  await new Promise((resolve, reject) => {
    stream.once("open", resolve).once("error", reject);
  }).catch((cause: unknown) => unreadable(file, cause));
  const headers = { authorization: `Bearer ${key}`, "content-type": type };
  const body = Readable.toWeb(stream) as ReadableStream;
  const answer = await fetch(url, { method: "POST", headers, body, duplex: "half" }).catch(
    (cause: unknown) => {
      throw new Refusal("CLOUD_UNREACHABLE", { url: values.url }, { cause });
    },
  );
  const text = await answer.text();
  if (!answer.ok) {
    const { code, detail } = JSON.parse(text) as Problem;
    throw new Refusal("IMPORT_FAILED", { path: file, code, reason: detail ?? "" });
  }
  const result = (JSON.parse(text) as { data: Result }).data;
  // A script must notice, and the rest is in: what was refused can be sent again.
  if (result.refused > 0) process.exitCode = 1;
  console.log(values.json === true ? JSON.stringify(result) : told(result, values["dry-run"] === true));
}

function told({ importId, created, updated, unchanged, refused, errors }: Result, dryRun: boolean): string {
  const done = dryRun ? "Would be" : "Were";
  const lines = errors.map(({ line, sentence }) => `line ${line}: ${sentence}`);
  const more = refused - errors.length;
  return [
    `${done} created ${created}, updated ${updated}, unchanged ${unchanged}, refused ${refused}. Import ${importId}.`,
    ...lines,
    ...(more > 0 ? [`and ${more} more: GET /api/v1/vehicles/imports/${importId}/errors`] : []),
  ].join("\n");
}

/** @returns the URL of a cloud, without a slash at its end. @throws {Refusal} OPTION_INVALID */
function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "") {
    return text.replace(/\/$/, "");
  }
  const reason = `--url is "${text}": it must be an http or https URL such as http://127.0.0.1:8080`;
  throw new Refusal("OPTION_INVALID", { reason, verb: "import" });
}

/** A key as it may stand in a header. @throws {Refusal} FILE_UNREADABLE or OPTION_INVALID */
async function readKey(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => unreadable(file, cause));
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const reason = `--key ${file} is no key file: it must hold one operator key, in one line of its own`;
  throw new Refusal("OPTION_INVALID", { reason, verb: "import" });
}

function unreadable(file: string, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new Refusal("FILE_UNREADABLE", { path: file, reason }, { cause });
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        "dry-run": { type: "boolean" },
        "allow-unknown-hardware": { type: "boolean" },
        url: { type: "string", default: "http://127.0.0.1:8080" },
        key: { type: "string", default: "halfshaft-cloud/operator-key" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(". ")[0]! : String(cause);
    throw new Refusal("OPTION_INVALID", { reason, verb: "import" }, { cause });
  }
}
