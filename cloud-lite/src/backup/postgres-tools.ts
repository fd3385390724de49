import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { withoutPassword } from "../db/postgres.ts";
import { Refusal } from "../refusals.ts";

const run = promisify(execFile);
/** Where Debian puts the programs of each version. */
const DEBIAN_FOLDER = "/usr/lib/postgresql";

/** A consistent dump while others write. @throws {Refusal} POSTGRES_TOOL_MISSING or POSTGRES_TOOL_FAILED */
export const dumpPostgres = (url: string, file: string): Promise<void> =>
  // Not compressed: pieces that did not change are kept once.
  postgresTool("pg_dump", url, [
    "--format=custom",
    "--compress=0",
    "--no-owner",
    "--no-acl",
    `--file=${file}`,
  ]);

/** All or nothing. @throws {Refusal} POSTGRES_TOOL_MISSING or POSTGRES_TOOL_FAILED */
export const loadPostgres = (url: string, file: string): Promise<void> =>
  postgresTool("pg_restore", url, ["--no-owner", "--no-acl", "--single-transaction", file]);

async function postgresTool(tool: string, url: string, args: readonly string[]): Promise<void> {
  const program = await findTool(tool);
  const { password } = new URL(url);
  // Arguments can be seen by every user of the machine, the environment cannot.
  const env = { ...process.env, ...(password ? { PGPASSWORD: decodeURIComponent(password) } : {}) };
  try {
    await run(program, [`--dbname=${withoutPassword(url)}`, ...args], { env });
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
    throw new Refusal("POSTGRES_TOOL_FAILED", { tool, reason: said.split("\n")[0]! }, { cause });
  }
}

async function findTool(tool: string): Promise<string> {
  const versions = (await readdir(DEBIAN_FOLDER).catch(() => [])).toSorted((a, b) => Number(b) - Number(a));
  const folders = [
    ...(process.env.PATH ?? "").split(":"),
    ...versions.map((version) => join(DEBIAN_FOLDER, version, "bin")),
  ];
  const found = folders.map((folder) => join(folder, tool)).find((path) => existsSync(path));
  if (found === undefined) throw new Refusal("POSTGRES_TOOL_MISSING", { tool });
  return found;
}
