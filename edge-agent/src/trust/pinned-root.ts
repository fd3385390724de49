import { readFile } from "node:fs/promises";
import { Metadata, MetadataKind } from "@tufjs/models";
import { AgentError } from "../agent-error.ts";
import { messageOf } from "../causes.ts";
import { checkKeys } from "./repository.ts";
import type { RepositoryName } from "./trust-error.ts";

/** What JSON.parse says of text that is none would show a piece of it, and it may be a key that was mixed up. */
function parseRoot(bytes: Buffer): never {
  try {
    return JSON.parse(bytes.toString("utf8")) as never;
  } catch {
    throw new SyntaxError("it is not JSON");
  }
}

/**
 * Reads root metadata that a vehicle is to trust from now on: well formed, signed by its own keys, no key twice.
 * @throws {AgentError} `ROOT_INVALID`
 */
export async function readPinnedRoot(path: string, repository: RepositoryName): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    const root = Metadata.fromJSON(MetadataKind.Root, parseRoot(bytes));
    root.verifyDelegate("root", root);
    checkKeys(root.signed, repository);
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new AgentError(
      "ROOT_INVALID",
      `${path} is not usable as the root of the ${repository} repository: ${messageOf(cause)}.`,
      "Export the roots from the cloud anew: `cloud roots export DIR`.",
      { cause },
    );
  }
}
