import { Worker } from "node:worker_threads";
import type { CloudConfig } from "../config.ts";
import type { BackupOptions } from "./backup.ts";

/**
 * Takes a backup now and then again and again, in a thread of its own: nobody waits for it. One that is late is left
 * out; the next one has what it would have had.
 * @returns what stops it, and waits for the backup that is being taken.
 */
export function runBackups(config: CloudConfig, onError: (error: unknown) => void): () => Promise<void> {
  if (config.backupTo === "") return () => Promise.resolve();
  let running: Promise<void> | undefined;
  const take = (): void => {
    running ??= backupInThread({
      place: config,
      folder: config.backupTo,
      kept: config.backupsKept,
      at: Date.now(),
    })
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
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
}
