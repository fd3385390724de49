import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.ts";

/** A PostgreSQL server in a temporary folder, on a free port of the loopback, for tests and benchmarks. */
export interface ThrowAwayPostgres {
  /** `postgres://…/postgres`; C collation, UTF-8. */
  readonly url: string;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

export class PostgresMissing extends Error {
  override readonly name = "PostgresMissing";
}

const USER = "halfshaft";
const START_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
/** Where Debian puts the programs of each version. */
const DEBIAN_FOLDER = "/usr/lib/postgresql";

/** Fast, and lost when the machine loses power: fine for a test, wrong for a benchmark. */
const NOT_DURABLE = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/** @throws {PostgresMissing} where its programs are not installed, or a root user has nobody to run it as. */
export async function startThrowAwayPostgres(
  options: { readonly durable?: boolean } = {},
): Promise<ThrowAwayPostgres> {
  const programs = await programFolder();
  const user = unprivileged();
  const folder = await mkdtemp(join(tmpdir(), "halfshaft-postgres-"));
  if (user) await chown(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const initdb = ["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(programs, "initdb"), initdb, { ...user, cwd: folder, stdio: "ignore" });
  const port = await freePort();
  const settings = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "300",
    ...(options.durable ? {} : NOT_DURABLE),
  };
  const server = spawn(
    join(programs, "postgres"),
    ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { ...user, cwd: folder, stdio: "ignore" },
  );
  const stop = async (): Promise<void> => {
    // "Fast": ends the sessions (PostgreSQL 15, 19.5).
    if (server.exitCode === null && server.kill("SIGINT")) await once(server, "exit");
    await rm(folder, { recursive: true });
  };
  const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  try {
    await answering(url, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function answering(url: string, server: ChildProcess): Promise<void> {
  const { default: pg } = await import("pg");
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return;
    } catch (cause) {
      if (server.exitCode !== null || waitedMs > START_TIMEOUT_MS) {
        throw new PostgresMissing("the server does not start", { cause });
      }
      await sleep(POLL_MS);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** The newest of Debian's, else those of the path. */
async function programFolder(): Promise<string> {
  const versions = (await readdir(DEBIAN_FOLDER).catch(() => [])).toSorted((a, b) => Number(b) - Number(a));
  const found = [
    ...versions.map((version) => join(DEBIAN_FOLDER, version, "bin")),
    ...(process.env.PATH ?? "").split(":"),
  ].find((folder) => existsSync(join(folder, "initdb")));
  if (found === undefined)
    throw new PostgresMissing("initdb is missing (Debian: apt-get install postgresql)");
  return found;
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string): number =>
    Number(execFileSync("id", [option, "postgres"], { stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch (cause) {
    throw new PostgresMissing("there is no user postgres to run it as", { cause });
  }
}
