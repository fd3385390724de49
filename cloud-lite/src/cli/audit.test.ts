import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AuditEntry } from "../audit/entries.ts";
import { DEFAULTS } from "../config.ts";
import { initialiseFolder } from "../data-folder.ts";
import { run } from "./audit.ts";

let folder: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-audit-"));
  await initialiseFolder({ data: join(folder, "data") }, Date.now);
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const audit = (words: string, options: Readonly<Record<string, string>> = {}): Promise<void> =>
  run({ config: { ...DEFAULTS, data: join(folder, "data") }, words: words.split(" "), options });

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
  expect(said).toEqual([`redacted ${first!.auditId}`, "2 entries, unbroken"]);
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
  expect(said).toEqual(["0 entries removed", "1 entries, unbroken"]);
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
