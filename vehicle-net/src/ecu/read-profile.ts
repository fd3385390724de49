import { readFile } from "node:fs/promises";
import { loadProfile } from "./load-profile.ts";
import type { EcuProfile } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";
import { profileNamed } from "./table.ts";

/**
 * A profile from a JSON file. Comments are not JSON; a profile explains itself in its title and in a text beside it.
 * @throws {ProfileError} `unreadable` where the file is not there or no JSON; else as `loadProfile`
 */
export async function readProfile(path: string): Promise<EcuProfile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new ProfileError("unreadable", "", `the file ${path} cannot be read`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProfileError("unreadable", "", `${path} is no JSON: ${reason}`, { cause });
  }
  return loadProfile(value);
}

/**
 * A profile as a person names it: a name of the table (`engine`), or the path of a JSON file, which ends in `.json`.
 * Throws as `readProfile` and `profileNamed` do.
 */
export const findProfile = async (nameOrPath: string): Promise<EcuProfile> =>
  nameOrPath.endsWith(".json") ? await readProfile(nameOrPath) : profileNamed(nameOrPath);
