import { Worker } from "node:worker_threads";
import type { CloudConfig } from "../config.ts";
import { lastBackupGauge, type Metrics } from "../plugins/metrics.ts";
import { Refusal } from "../refusals.ts";
import type { BackupOptions } from "./backup.ts";
import type { Refused } from "./backup-thread.ts";
import { prepareFolder } from "./folder.ts";
import { newestBackupAt } from "./manifest.ts";

/** Before a cloud is started that is to back itself up. @throws {Refusal} BACKUP_INSIDE_DATA or BACKUP_FOLDER_UNUSABLE */
export async function checkBackupTo({ backupTo, data }: CloudConfig): Promise<void> {
  if (backupTo !== "") await prepareFolder(backupTo, data);
}

/**
 * Takes a backup now and then again and again, in a thread of its own: nobody waits for it. One that is late is left
 * out; the next one has what it would have had.
 * @returns what stops it, and waits for the backup that is being taken.
 */
export async function runBackups(
  config: CloudConfig,
  metrics: Metrics,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const folder = config.backupTo;
  if (folder === "") return () => Promise.resolve();
  const lastBackup = lastBackupGauge(metrics);
  lastBackup.set(((await newestBackupAt(folder)) ?? 0) / 1000);
  let running: Promise<void> | undefined;
  const take = (): void => {
    const at = Date.now();
    running ??= backupInThread({ place: config, folder, kept: config.backupsKept, at })
      .then(() => lastBackup.set(at / 1000))
      .catch(onError)
      .finally(() => (running = undefined));
  };
  take();
  const timer = setInterval(take, config.backupEveryMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function backupInThread(options: BackupOptions): Promise<void> {
  const own = import.meta.url;
  // The installed program is .js, the checked out one .ts.
  const file = new URL(`./backup-thread${own.slice(own.lastIndexOf("."))}`, own);
  const worker = new Worker(file, { workerData: options });
  await new Promise<void>((resolve, reject) => {
    worker.once("message", ({ code, operands }: Refused) => reject(new Refusal(code, operands)));
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
}
