import type { RefusalCode } from "../refusal-code.ts";

/** Live streams and webhooks. */
export const LIVE_REFUSALS = {
  STREAMS_TOO_MANY: {
    status: 429,
    sentence: "This credential has {limit} streams open already.",
    help: "Close one; one stream of the fleet tells what many of single vehicles would.",
  },
  EVENT_ID_INVALID: {
    status: 400,
    sentence: '"{id}" is no event id of a stream.',
    help: "Send the id of the last change that you have, or none.",
  },
} as const satisfies Record<string, RefusalCode>;
