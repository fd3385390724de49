import { takeBackup } from "../backup/backup.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";

/** Takes one backup; the cloud may run meanwhile. */
export async function run({ config, words }: Invocation): Promise<void> {
  const folder = words[0] ?? config.backupTo;
  if (folder === "" || words.length > 1) {
    throw new Refusal("OPTION_INVALID", { verb: "backup", reason: "`cloud backup` takes one folder" });
  }
  const name = await takeBackup({ place: config, folder, kept: config.backupsKept, at: Date.now() });
  console.log(`Backup ${name} is in ${folder}. It holds the keys of this cloud: keep it as secret as them.`);
}
