import type { RefusalCode } from "../refusal-code.ts";

/** What vehicles report. */
export const TELEMETRY_REFUSALS = {
  TELEMETRY_BUSY: {
    status: 429,
    sentence: "{waiting} events wait to be stored, and no more are taken in.",
    help: "Send the batch again after the seconds in the Retry-After header; sending it twice is harmless.",
  },
  TELEMETRY_QUOTA: {
    status: 429,
    sentence:
      "Vehicle {vehicleId} has sent more than {quota} events within an hour; of this batch only outcomes were stored.",
    help: "Send the batch again after the seconds in the Retry-After header; --event-quota changes the quota.",
  },
} as const satisfies Record<string, RefusalCode>;
