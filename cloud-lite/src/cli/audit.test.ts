import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AuditEntry } from "../audit/entries.ts";
import { DEFAULTS, type CloudConfig } from "../config.ts";
import { readSeal, SEAL_FILE } from "../audit/seal.ts";
import { headOf } from "../audit/store.ts";
import { initialiseFolder, openFolder, operatorKeyFile } from "../data-folder.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { startCloud } from "../server.ts";
import { run } from "./audit.ts";
import { run as issueKey } from "./operator-key.ts";

let folder: string;
let config: CloudConfig;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-audit-"));
  config = { ...DEFAULTS, data: join(folder, "data") };
  await initialiseFolder(config, Date.now);
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const audit = (words: string, options: Readonly<Record<string, string>> = {}): Promise<void> =>
  run({ config, words: words.split(" "), options });

async function exported(): Promise<AuditEntry[]> {
  const path = join(folder, "audit.ndjson");
  await audit(`export ${path}`);
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as AuditEntry);
}

test("A6 an entry is redacted from the command line, and the log says by whom and why", async () => {
  const [first] = await exported();
  await audit("redact", { entry: first!.auditId, why: "holds a name" });
  await audit("verify");
  expect(said.slice(0, 2)).toEqual([`redacted ${first!.auditId}`, "2 entries, unbroken"]);
  expect(await exported()).toMatchObject([
    { redacted: true, payload: null },
    {
      action: "audit.redacted",
      actor: { id: expect.stringMatching(/^command line of /) },
      why: "holds a name",
    },
  ]);
});

test("A6 nothing is removed where nothing is old enough", async () => {
  await audit("retain", { "older-than-days": "30" });
  await audit("verify");
  expect(said.slice(0, 2)).toEqual(["0 entries removed", "1 entries, unbroken"]);
});

test("A6 `verify` says up to where the seal vouches, from the cloud's beginning and each verb on", async () => {
  await audit("verify");
  const [first] = await exported();
  await audit("redact", { entry: first!.auditId, why: "holds a name" });
  await audit("verify");
  expect(said.filter((line) => line.includes("seal"))).toEqual([
    expect.stringContaining("vouches for the log up to entry 1, as it was at"),
    expect.stringContaining("vouches for the log up to entry 2, as it was at"),
  ]);
});

test("A6 `verify` tells that a folder has no seal", async () => {
  await rm(join(folder, "data", SEAL_FILE));
  await audit("verify");
  expect(said).toEqual(["1 entries, unbroken", expect.stringContaining("has no seal")]);
});

test("A6 `verify` refuses a log that was cut before its seal, and names what is missing", async () => {
  const [first] = await exported();
  await issueKey({ config, words: [], options: {} });
  const { db } = await openFolder(config, Date.now);
  const { seq, hash } = first!;
  const newer = db.selectFrom("auditEntries").select("auditId").where("seq", ">", seq);
  await db.deleteFrom("auditPayloads").where("auditId", "in", newer).execute();
  await db.deleteFrom("auditEntries").where("seq", ">", seq).execute();
  await db.updateTable("auditHeads").set({ seq, hash }).execute();
  await db.destroy();
  const operands = { reason: "entry 2 is missing" };
  await expect(audit("verify")).rejects.toMatchObject({ code: "AUDIT_SEAL_BROKEN", operands });
});

test("A6 a cloud that has stopped leaves its whole log sealed", async () => {
  const cloud = await startCloud({ ...config, port: 0, mqttPort: 0, logLevel: "silent" });
  const key = (await readFile(operatorKeyFile(config.data), "utf8")).trim();
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ vehicleId: "car", ecus: [] });
  await fetch(`${cloud.url}/api/v1/vehicles`, { method: "POST", headers, body });
  await cloud.close();
  const { db, signers } = await openFolder(config, Date.now);
  expect(await readSeal(config.data, signers.audit.publicKey)).toMatchObject(
    await headOf(db, DEFAULT_ORGANISATION),
  );
  await db.destroy();
});

test.each([
  ["redact", {}, "WORD_MISSING"],
  ["redact", { entry: "none", why: "x" }, "AUDIT_ENTRY_UNKNOWN"],
  ["retain", { "older-than-days": "0" }, "WORD_MISSING"],
  ["export /nowhere/audit.ndjson", {}, "FILE_UNWRITABLE"],
  ["forget", {}, "VERB_UNKNOWN"],
])("A6 `audit %s` with %j is refused: %s", async (words, options, code) => {
  await expect(audit(words, options)).rejects.toMatchObject({ code });
});
