import type { Logger } from "pino";
import { Refusal } from "./refusals.ts";

/** Whose work it was: `{ vehicleId }`, say. */
export type About = Readonly<Record<string, string>>;

/** Logs that work in the background failed: a refusal by its code and help, anything else with its stack. */
export const logFailure =
  (log: Pick<Logger, "error">, work: string) =>
  (error: unknown, about: About = {}): void => {
    if (error instanceof Refusal) {
      log.error({ work, ...about, code: error.code, help: error.help }, `${work} failed: ${error.message}`);
    } else log.error({ work, ...about, err: error }, `${work} failed`);
  };
