import { sealLog } from "../audit/seal.ts";
import type { DataFolder } from "../data-folder.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { Refusal } from "../refusals.ts";

/** Seals what a verb has appended to the log. What it did stays done where the log is not the one that was sealed. */
export async function seal(data: string, folder: Pick<DataFolder, "db" | "signers">): Promise<void> {
  try {
    await sealLog(folder, data, DEFAULT_ORGANISATION, Date.now());
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`${error.code}: ${error.message}\n${error.help}`);
  }
}
