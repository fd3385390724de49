import { parentPort, workerData } from "node:worker_threads";
import { Refusal } from "../refusals.ts";
import { takeBackup, type BackupOptions } from "./backup.ts";

/** An error that leaves a thread is no `Refusal` any more: this makes it one again. */
export type Refused = Pick<Refusal, "code" | "operands">;

try {
  await takeBackup(workerData as BackupOptions);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  const { code, operands } = error;
  parentPort!.postMessage({ code, operands } satisfies Refused, []);
}
