import { restoreBackup } from "../backup/restore.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";

/** Makes a cloud from the newest backup of a folder, or from the one that is named. */
export async function run({ config, words }: Invocation): Promise<void> {
  const [folder, name] = words;
  if (folder === undefined || words.length > 2) {
    const reason = "`cloud restore` takes the folder of the backups, and the name of one if not the newest";
    throw new Refusal("OPTION_INVALID", { verb: "restore", reason });
  }
  const { vehicles, auditEntries, ...backup } = await restoreBackup(folder, config, Date.now, name);
  console.log(
    `Restored ${backup.name} to ${config.data}, as it was at ${new Date(backup.at).toISOString()}:`,
  );
  console.log(`${vehicles} vehicles; ${auditEntries} audit entries, unbroken.`);
}
