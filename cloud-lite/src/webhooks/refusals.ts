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
    help: "Give an https URL without user name and password; deliveries are signed.",
  },
  WEBHOOK_URL_OPEN: {
    status: 422,
    sentence: '"{url}" is plain http to another machine: everyone on the way could read what is told.',
    help: "Give an https URL, or start the cloud with {option} on if the network between is trusted.",
  },
  WEBHOOK_ACTION_UNKNOWN: {
    status: 422,
    sentence: 'Webhooks are told of no "{action}"; the closest are {closest}.',
    help: "Webhooks are told of what happens to vehicles, jobs, groups, campaigns, releases and hardware. Correct the action, or take all of a kind (campaign.*) or all (*).",
  },
} as const satisfies Record<string, RefusalCode>;
