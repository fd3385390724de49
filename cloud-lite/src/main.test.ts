import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFolder } from "./db/folder-lock.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-main-"));
});
afterEach(() => rm(folder, { recursive: true }));

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], cwd: folder });

async function finish(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(...args);
  let out = "";
  let err = "";
  child.stdout!.on("data", (chunk) => (out += chunk));
  child.stderr!.on("data", (chunk) => (err += chunk));
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

test("A12 `run` makes a cloud in an empty folder, says when it is ready, and ends cleanly at SIGTERM", async () => {
  const child = start("run", "--data", "data", "--port", "0", "--mqtt-port", "0");
  const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
  const ready = JSON.parse(line) as { ready: boolean; url: string };
  expect(ready.ready).toBe(true);
  expect((await fetch(`${ready.url}/health/ready`)).status).toBe(200);
  expect((await fetch(`${ready.url}/docs/`)).status).toBe(200);
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([0, null]);
});

test("T1 `roots export` writes what vehicles and ECUs pin", async () => {
  await finish("init", "--data", "data");
  expect((await finish("roots", "export", "pins", "--data", "data")).code).toBe(0);
  expect(await readdir(join(folder, "pins"))).toEqual([
    "descriptor-key.hex",
    "director-root.json",
    "image-root.json",
  ]);
  const root = JSON.parse(await readFile(join(folder, "pins/director-root.json"), "utf8")) as object;
  expect(root).toMatchObject({ signed: { _type: "root", version: 1, consistent_snapshot: true } });
});

test("A6 `audit verify` counts the entries of an unbroken log", async () => {
  await finish("init", "--data", "data");
  await finish("operator-key", "--data", "data");
  expect((await finish("audit", "verify", "--data", "data")).out).toMatch(/^2 entries, unbroken\n/);
});

test(
  "A5 `user` makes users and passwords, and leaves the last admin alone",
  { timeout: 30_000 },
  async () => {
    await finish("init", "--data", "data");
    expect((await finish("user", "add", "ada", "operator", "--data", "data")).code).toBe(0);
    expect((await finish("user", "password", "ada", "--data", "data")).out).toMatch(/^[\w-]{20}\n$/);
    expect((await finish("user", "list", "--data", "data")).out).toMatch(
      /^admin +active +admin\nada +active +operator\n$/,
    );
    const refused = await finish("user", "deactivate", "admin", "--data", "data");
    expect([refused.code, refused.err.split(":")[0]]).toEqual([1, "LAST_ADMIN"]);
  },
);

test(
  "A13 `seed` fills a new cloud, and `backup` and `restore` bring it back",
  { timeout: 60_000 },
  async () => {
    await finish("init", "--data", "data");
    expect((await finish("seed", "--vehicles", "3", "--data", "data")).out).toMatch(
      /^3 vehicles, 2 releases/,
    );
    expect((await finish("backup", "copies", "--data", "data")).out).toMatch(
      /^Backup \d{8}T\d{9}Z is in copies/,
    );
    expect((await finish("restore", "copies", "--data", "again")).out).toMatch(
      /\n3 vehicles; \d+ audit entries/,
    );
    const { out } = await finish("migrate", "status", "--data", "again");
    expect(out).toMatch(/^0001-beginning +\d{4}-/);
    expect(out).not.toContain("to be carried out");
  },
);

test("A13 `run` with a file to back up to makes no cloud", async () => {
  await writeFile(join(folder, "copies"), "");
  const ports = ["--port", "0", "--mqtt-port", "0"];
  const { code, err } = await finish("run", "--data", "data", "--backup-to", "copies", ...ports);
  expect(code).toBe(1);
  expect(err).toMatch(/^BACKUP_FOLDER_UNUSABLE: Backups cannot be written to copies: .*\nName a folder/);
  expect(await readdir(folder)).toEqual(["copies"]);
});

test("A13 a backup of a running cloud that is refused is logged as one, with its code and no stack", async () => {
  const copies = join(folder, "copies");
  await mkdir(copies);
  const release = lockFolder(copies);
  const ports = ["--port", "0", "--mqtt-port", "0"];
  const child = start("run", "--data", "data", "--backup-to", "copies", ...ports);
  const logged: unknown[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    if (!line.startsWith("{")) continue;
    logged.push(JSON.parse(line));
    child.kill("SIGTERM");
  }
  release();
  const [first] = logged as [object];
  expect(first).toMatchObject({ work: "backup", code: "BACKUP_RUNNING" });
  expect(first).not.toHaveProperty("err");
});

test("A12 `VERB --help` says what this verb takes and does, with its own options and the settings it goes by", async () => {
  const { code, out } = await finish("archive", "--help");
  expect(code).toBe(0);
  expect(out).toMatch(/^cloud archive \[DIR\] .*\n\nmove old jobs/);
  expect(out.match(/--[a-z-]+(?= {2})/g)).toEqual(["--older-than-days", "--data", "--database"]);
});

test("A12 `help VERB` is the same text", async () => {
  expect((await finish("help", "backup")).out).toBe((await finish("backup", "--help")).out);
});

test("A12 `--help` alone lists verbs and settings", async () => {
  const { out } = await finish("--help");
  expect(out).toContain("  restore       restore DIR [NAME]: make a cloud");
  expect(out).toContain("  --backup-every-ms");
});

test("U5 `delta` has a help of its own", async () => {
  expect((await finish("delta", "--help")).out).toMatch(/^usage: cloud delta create /);
});

test.each([
  [["frobnicate"], 2, "VERB_UNKNOWN: There is no `cloud frobnicate`."],
  [["audit", "verify", "--data", "none"], 1, "CLOUD_NOT_INITIALISED: none holds no cloud."],
  [["user", "frobnicate"], 2, "There is no `cloud user frobnicate`."],
  [["user", "add", "ada", "king", "--data", "none"], 1, "CLOUD_NOT_INITIALISED: none holds no cloud."],
  [["run", "--host", "0.0.0.0", "--data", "none"], 1, "TLS_REQUIRED: The cloud would be reached at 0.0.0.0"],
  [["run", "--port", "x"], 2, 'CLOUD_CONFIG_INVALID: --port is "x"'],
  [["delta", "frobnicate"], 2, "VERB_UNKNOWN: There is no `cloud delta frobnicate`."],
  [["delta", "create", "old", "new"], 2, "delta create takes OLD NEW PATCH, and was given 2 of 3 files."],
  [["delta", "create", "--format", "zip", "a", "b", "c"], 2, "--format takes bsdiff40 or detools"],
  [["delta", "inspect", "--level", "9", "a"], 2, "OPTION_INVALID: Unknown option '--level'"],
  [["delta", "inspect", "none"], 1, "FILE_UNREADABLE: none cannot be read"],
  [["seed", "--vehicles", "many"], 2, "OPTION_INVALID: --vehicles takes a number from 1 to 10000."],
  [["archive", "--older-than-days", "-1"], 2, "CLOUD_CONFIG_INVALID"],
  [["backup"], 2, "OPTION_INVALID: `cloud backup` takes one folder."],
  [["restore"], 2, "OPTION_INVALID: `cloud restore` takes the folder of the backups"],
  [["restore", "none"], 1, "BACKUP_NONE: There is no backup yet in none."],
  [["help", "frobnicate"], 2, "VERB_UNKNOWN: There is no `cloud frobnicate`."],
  [["migrate", "down"], 2, "VERB_UNKNOWN: There is no `cloud migrate down`."],
  [["migrate", "--data", "none"], 1, "CLOUD_NOT_INITIALISED: none holds no cloud."],
  [["roots", "import"], 2, "VERB_UNKNOWN: There is no `cloud roots import`."],
  [["run", "--cors-origins", "foo"], 2, 'CLOUD_CONFIG_INVALID: --cors-origins is "foo"'],
  [["run", "--behind-proxy", "foo"], 2, 'CLOUD_CONFIG_INVALID: --behind-proxy is "foo"'],
  [["run", "--oidc-issuer", "http://x"], 2, "CLOUD_CONFIG_INVALID: --oidc-audience"],
  [["run", "--oidc-algorithms", "none,HS256"], 2, 'CLOUD_CONFIG_INVALID: --oidc-algorithms is "none"'],
  [["run", "--oidc-keys-url", "ftp://x"], 2, "CLOUD_CONFIG_INVALID: --oidc-issuer"],
  [
    ["run", "/srv/cloud", "--port", "0"],
    2,
    "WORD_UNEXPECTED: `cloud run` does not take the word /srv/cloud.",
  ],
  [["init", "/srv/cloud"], 2, "did you mean --data /srv/cloud?"],
  [["audit", "verify", "all"], 2, "WORD_UNEXPECTED: `cloud audit` does not take the word all."],
  [["import"], 2, "WORD_MISSING: `cloud import` needs the FILE of vehicles."],
  [["import", "--dry-run"], 2, "WORD_MISSING: `cloud import` needs the FILE of vehicles."],
  [["import", "a.csv", "b.csv"], 2, "WORD_UNEXPECTED: `cloud import` does not take the word b.csv."],
  [["delta"], 2, "WORD_MISSING: `cloud delta` needs one of create, apply and inspect."],
])("A12 `cloud %j` is refused with a code, and without a stack", async (args, status, sentence) => {
  const { code, out, err } = await finish(...args);
  expect({ code, out }).toEqual({ code: status, out: "" });
  expect(err).toContain(sentence);
  expect(err).not.toMatch(/\n\s+at /);
  expect(await readdir(folder)).toEqual([]);
});

test("A12 a folder with something else in it is left alone", async () => {
  await writeFile(join(folder, "letter.txt"), "not a cloud");
  const { code, err } = await finish("init", "--data", ".");
  expect([code, await readdir(folder)]).toEqual([1, ["letter.txt"]]);
  expect(err).toContain("DATA_NOT_OURS");
});
