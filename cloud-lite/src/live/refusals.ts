import type { RefusalCode } from "../refusal-code.ts";

/** Live streams and webhooks. */
export const LIVE_REFUSALS = {
  STREAMS_TOO_MANY: {
    status: 429,
    sentence: "This credential has {limit} streams open already.",
    help: "Close one; one stream of the fleet tells what many of single vehicles would.",
  },
  WEBSOCKET_REQUIRED: {
    status: 426,
    sentence: "This address speaks WebSocket only.",
    help: "Open it as a WebSocket (ws:// or wss://), or leave out /socket for server-sent events.",
  },
  EVENT_ID_INVALID: {
    status: 400,
    sentence: '"{id}" is no event id of a stream.',
    help: "Send the id of the last change that you have, or none.",
  },
} as const satisfies Record<string, RefusalCode>;
