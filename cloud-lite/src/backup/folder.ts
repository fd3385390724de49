import { constants } from "node:fs";
import { access, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { onDisk } from "../disk.ts";
import { Refusal } from "../refusals.ts";
import { manifestFolder, objectFolder } from "./manifest.ts";

/**
 * Makes a folder that backups of a data folder can be written to.
 * @throws {Refusal} BACKUP_INSIDE_DATA and nothing is made, BACKUP_FOLDER_UNUSABLE or DATA_UNUSABLE
 */
export async function prepareFolder(folder: string, data: string): Promise<void> {
  await onDisk("BACKUP_FOLDER_UNUSABLE", folder, async () => {
    const above = await onDisk("DATA_UNUSABLE", data, () => realPath(data));
    if (`${await realPath(folder)}${sep}`.startsWith(`${above}${sep}`)) {
      throw new Refusal("BACKUP_INSIDE_DATA", { folder, data });
    }
    for (const part of [folder, objectFolder(folder), manifestFolder(folder)]) {
      await mkdir(part, { recursive: true, mode: 0o700 });
      await access(part, constants.R_OK | constants.W_OK | constants.X_OK);
    }
  });
}

/** Where a path leads, also one that is not there yet. */
async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  const above = dirname(whole);
  return realpath(whole).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || above === whole) throw error;
    return join(await realPath(above), basename(whole));
  });
}
