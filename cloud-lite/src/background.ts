import type { Logger } from "pino";
import { Refusal } from "./refusals.ts";

/** Logs that work in the background failed: a refusal by its code and help, anything else with its stack. */
export const logFailure =
  (log: Pick<Logger, "error">, work: string) =>
  (error: unknown): void => {
    if (error instanceof Refusal) {
      log.error({ work, code: error.code, help: error.help }, `${work} failed: ${error.message}`);
    } else log.error({ work, err: error }, `${work} failed`);
  };
