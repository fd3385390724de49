import type { RefusalCode } from "../refusal-code.ts";

/** Webhooks. */
export const WEBHOOK_REFUSALS = {
  WEBHOOK_UNKNOWN: {
    status: 404,
    sentence: "There is no webhook {webhookId}.",
    help: "List the webhooks with GET /api/v1/webhooks.",
  },
  WEBHOOK_URL_INVALID: {
    status: 400,
    sentence: '"{url}" is no URL that can be told of changes.',
    help: "Give an http or https URL without user name and password; deliveries are signed.",
  },
} as const satisfies Record<string, RefusalCode>;
