import { workerData } from "node:worker_threads";
import { takeBackup, type BackupOptions } from "./backup.ts";

await takeBackup(workerData as BackupOptions);
