import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AgentError } from "./agent-error.ts";
import { type AgentConfig, readConfig } from "./config.ts";
import type { PinnedRoots } from "./gateway/gateway-deps.ts";

/** Files of the agent's data folder. The journal, the staging and the metadata stand beside them. */
const FILES = {
  config: "config.json",
  token: "token",
  directorRoot: "director-root.json",
  imageRoot: "image-root.json",
  /** Written while the agent runs: where its HMI is. */
  running: "running.json",
} as const;

const PROVISION_HELP =
  "Provision the agent first: `agent provision --data DIR …`, see `agent provision --help`.";

/** What a provisioned vehicle has. */
export interface Provisioned {
  readonly config: AgentConfig;
  readonly token: string;
  readonly roots: PinnedRoots;
  readonly ca?: string;
}

/** @throws {AgentError} `CONFIG_MISSING` naming the file, `CONFIG_INVALID` naming the field */
export async function readDataFolder(folder: string): Promise<Provisioned> {
  const config = readConfig(parseJson(await readText(folder, FILES.config), FILES.config));
  const token = (await readText(folder, FILES.token)).trim();
  const roots = {
    director: await readBytes(folder, FILES.directorRoot),
    image: await readBytes(folder, FILES.imageRoot),
  };
  if (config.caFile === undefined) return { config, token, roots };
  return { config, token, roots, ca: await readText(folder, config.caFile) };
}

/** Writes everything that `readDataFolder` reads; the token for its owner alone. */
export async function writeDataFolder(folder: string, provisioned: Omit<Provisioned, "ca">): Promise<void> {
  const { config, token, roots } = provisioned;
  await mkdir(folder, { recursive: true });
  await replace(join(folder, FILES.directorRoot), roots.director);
  await replace(join(folder, FILES.imageRoot), roots.image);
  await replace(join(folder, FILES.token), `${token}\n`, 0o600);
  // Last: with it the folder counts as provisioned.
  await replace(join(folder, FILES.config), `${JSON.stringify(config, undefined, 2)}\n`);
}

export async function isProvisioned(folder: string): Promise<boolean> {
  return readFile(join(folder, FILES.config)).then(
    () => true,
    () => false,
  );
}

/** Notes where the running agent's HMI is, for the other verbs. */
export async function noteRunning(folder: string, hmiUrl: string): Promise<void> {
  await replace(join(folder, FILES.running), JSON.stringify({ hmiUrl, pid: process.pid }));
}

/** Where the agent of this folder was last told to be. @throws {AgentError} `AGENT_NOT_RUNNING` */
export async function runningHmiUrl(folder: string): Promise<string> {
  const text = await readFile(join(folder, FILES.running), "utf8").catch((cause: unknown) => {
    throw new AgentError(
      "AGENT_NOT_RUNNING",
      `No agent has run with the data folder ${folder}.`,
      "Start it with `agent run --data DIR`, or name its HMI with --url.",
      { cause },
    );
  });
  return (parseJson(text, FILES.running) as { hmiUrl: string }).hmiUrl;
}

export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without its cause, which would show a piece of the file.
    throw new AgentError("CONFIG_INVALID", `${file} is not JSON.`, PROVISION_HELP);
  }
}

async function readBytes(folder: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, file));
  } catch (cause) {
    throw new AgentError("CONFIG_MISSING", `${join(folder, file)} cannot be read.`, PROVISION_HELP, {
      cause,
    });
  }
}

const readText = async (folder: string, file: string): Promise<string> =>
  new TextDecoder().decode(await readBytes(folder, file));

/** A reader sees the old file or the new one, never half of it. */
async function replace(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await writeFile(`${path}.new`, content, { mode, flush: true });
  await chmod(`${path}.new`, mode);
  await rename(`${path}.new`, path);
}
