import { createWriteStream } from "node:fs";
import { userInfo } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { auditLines } from "../audit/entries.ts";
import { redactEntry, retainAudit } from "../audit/retention.ts";
import { readSeal } from "../audit/seal.ts";
import { requireUnbroken } from "../audit/verify.ts";
import { openFolder, type DataFolder } from "../data-folder.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import { writing } from "./plain-file.ts";
import type { Invocation } from "./invocation.ts";
import { seal } from "./seal.ts";

type Action = (folder: DataFolder, invocation: Invocation) => Promise<void>;

const ACTIONS: Readonly<Record<string, Action>> = {
  verify: verifyAll,
  export: exportAll,
  redact,
  retain,
};

/** The audit log from the command line: whoever can write the data folder may redact, and the log says so. */
export async function run(invocation: Invocation): Promise<void> {
  const { config, words } = invocation;
  const name = words[0] ?? "";
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new Refusal("VERB_UNKNOWN", { verb: `audit ${words.join(" ")}`.trim() });
  const folder = await openFolder(config, Date.now);
  try {
    await action(folder, invocation);
  } finally {
    await folder.db.destroy();
  }
}

async function verifyAll({ db, signers }: DataFolder, { config: { data } }: Invocation): Promise<void> {
  const { publicKey } = signers.audit;
  const sealed = await readSeal(data, publicKey);
  const entries = await requireUnbroken(db, DEFAULT_ORGANISATION, publicKey, sealed);
  console.log(`${entries} entries, unbroken`);
  console.log(
    sealed
      ? `The seal in ${data} vouches for the log up to entry ${sealed.seq}, as it was at ${new Date(sealed.at).toISOString()}.`
      : `${data} has no seal, so entries may be missing at the end, or all be others than they were. The cloud makes a seal when it runs.`,
  );
}

async function exportAll({ db }: DataFolder, { words }: Invocation): Promise<void> {
  const lines = Readable.from(auditLines(db, DEFAULT_ORGANISATION, {}));
  const path = words[1];
  if (path === undefined) await pipeline(lines, process.stdout, { end: false });
  else await writing(path, () => pipeline(lines, createWriteStream(path, { mode: 0o600 })));
}

async function redact(folder: DataFolder, { config, options }: Invocation): Promise<void> {
  const { entry, why } = options;
  if (entry === undefined || !why) {
    throw new Refusal("WORD_MISSING", { verb: "audit redact", what: "--entry ID and --why TEXT" });
  }
  await redactEntry(folder.db, asked(), entry, why);
  await seal(config.data, folder);
  console.log(`redacted ${entry}`);
}

const DAY_MS = 24 * 60 * 60 * 1000;

async function retain(folder: DataFolder, { config, options }: Invocation): Promise<void> {
  const days = options["older-than-days"] ?? "";
  if (!/^[1-9]\d{0,4}$/.test(days)) {
    throw new Refusal("WORD_MISSING", {
      verb: "audit retain",
      what: "--older-than-days with a number of days",
    });
  }
  const by = asked();
  const { audit } = folder.signers;
  const sealed = await readSeal(config.data, audit.publicKey);
  const removed = await retainAudit(folder.db, by, audit, by.at - Number(days) * DAY_MS, sealed);
  await seal(config.data, folder);
  console.log(`${removed} entries removed`);
}

const asked = () => ({
  organisationId: DEFAULT_ORGANISATION,
  at: Date.now(),
  actor: { kind: "operator" as const, id: `command line of ${userInfo().username}` },
});
