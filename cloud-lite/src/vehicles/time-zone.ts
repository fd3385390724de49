import { Refusal } from "../refusals.ts";

/**
 * Refuses a time zone that this machine's tables (IANA, through ICU) do not have.
 * @throws {Refusal} TIME_ZONE_UNKNOWN
 */
export function checkTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat("en", { timeZone });
  } catch (cause) {
    throw new Refusal("TIME_ZONE_UNKNOWN", { timeZone }, { cause });
  }
}
