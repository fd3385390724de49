import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "../refusals.ts";
import { newKeyPem, pemSigner, type Signer } from "./signer.ts";

/** One key for each role. Those under `offline` are needed for ceremonies and publishing only. */
const KEY_FOLDERS = {
  "image-root": "offline",
  "image-targets": "offline",
  "director-root": "offline",
  descriptor: "offline",
  "image-transport": "online",
  "image-snapshot": "online",
  "image-timestamp": "online",
  "director-targets": "online",
  "director-snapshot": "online",
  "director-timestamp": "online",
  audit: "online",
} as const;

export type KeyName = keyof typeof KEY_FOLDERS;
export type Signers = Readonly<Record<KeyName, Signer>>;
const KEY_NAMES = Object.keys(KEY_FOLDERS) as KeyName[];

/** A cloud that is older than this key gets it when it next starts. */
const ADDED_LATER: readonly KeyName[] = ["audit"];

const keyFile = (folder: string, name: KeyName): string => join(folder, KEY_FOLDERS[name], `${name}.pem`);

const collect = (signerOf: (name: KeyName) => Signer): Signers =>
  Object.fromEntries(KEY_NAMES.map((name) => [name, signerOf(name)])) as Record<KeyName, Signer>;

/** Keys that live as long as the process: for tests and throw-away clouds. */
export const ephemeralSigners = (): Signers => collect(() => pemSigner(newKeyPem()));

/** Writes a new key for each role, readable by this user alone; keeps those that are there. */
export async function createKeyFiles(folder: string): Promise<void> {
  for (const part of ["offline", "online"]) {
    await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
    await chmod(join(folder, part), 0o700);
  }
  for (const name of KEY_NAMES) await createKeyFile(folder, name);
}

const createKeyFile = (folder: string, name: KeyName): Promise<void> =>
  writeFile(keyFile(folder, name), newKeyPem(), { mode: 0o600, flag: "wx" }).catch(unlessThere);

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}

/** @throws {Refusal} DATA_UNUSABLE where a key is missing or unreadable. */
export async function readKeyFiles(folder: string): Promise<Signers> {
  const signers = new Map<KeyName, Signer>();
  for (const name of KEY_NAMES) {
    const path = keyFile(folder, name);
    try {
      if (ADDED_LATER.includes(name)) await createKeyFile(folder, name);
      signers.set(name, pemSigner(await readFile(path, "utf8")));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Refusal("DATA_UNUSABLE", { path, reason }, { cause });
    }
  }
  return collect((name) => signers.get(name)!);
}
