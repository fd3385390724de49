import { createHmac, randomBytes } from "node:crypto";
import { flagOf, type CloudConfig } from "../config.ts";
import { AUDIT_ACTIONS } from "../audit/actions.ts";
import { isTold } from "../live/topics.ts";
import { Refusal } from "../refusals.ts";
import { closest } from "./closest.ts";

/** Whether a webhook wants to be told of an action: `campaign.paused`, `campaign.*` or `*`. */
export const wants = (patterns: readonly string[], action: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === "*" ||
      pattern === action ||
      (pattern.endsWith(".*") && action.startsWith(pattern.slice(0, -1))),
  );

const TOLD: readonly string[] = Object.entries(AUDIT_ACTIONS).flatMap(([subjectKind, actions]) =>
  isTold(subjectKind) ? actions : [],
);
/** All that a webhook may ask for. */
const PATTERNS = [...new Set(["*", ...TOLD.map((action) => `${action.split(".")[0]}.*`), ...TOLD])] as const;
const SHOWN_PATTERNS = 3;

/** @throws {Refusal} WEBHOOK_ACTION_UNKNOWN where a webhook would never be told of one */
export function checkActions(patterns: readonly string[]): void {
  const action = patterns.find((pattern) => !PATTERNS.includes(pattern));
  if (action === undefined) return;
  const nearest = closest(action, PATTERNS, SHOWN_PATTERNS).join(", ");
  throw new Refusal("WEBHOOK_ACTION_UNKNOWN", { action: action.slice(0, 64), closest: nearest });
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Pauses after the first failure in a row, the second, …; after the last the webhook is disabled: a day and a half. */
const RETRY_PAUSES_MS = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  HOUR_MS,
  4 * HOUR_MS,
  12 * HOUR_MS,
  20 * HOUR_MS,
];

/** How long to wait after so many failures in a row; undefined where it is given up. */
export const retryPauseMs = (failures: number): number | undefined => RETRY_PAUSES_MS[failures - 1];

/** What an answer means: 410 is how a receiver says that it is gone for good (Standard Webhooks, "Responses"). */
export function verdict(status: number | undefined): "delivered" | "failed" | "gone" {
  if (status === 410) return "gone";
  return status !== undefined && status >= 200 && status < 300 ? "delivered" : "failed";
}

const SECRET_PREFIX = "whsec_";
const SECRET_BYTES = 32;

export const newSecret = (): string => SECRET_PREFIX + randomBytes(SECRET_BYTES).toString("base64");

/** Headers of a delivery, with its signature: Standard Webhooks 1.0.0, symmetric, HMAC-SHA256. */
export function signedHeaders(
  secret: string,
  id: string,
  at: number,
  body: string,
): Readonly<Record<string, string>> {
  const seconds = Math.floor(at / SECOND_MS);
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${signature}`,
  };
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** @throws {Refusal} WEBHOOK_URL_INVALID or WEBHOOK_URL_OPEN */
export function checkUrl(text: string, webhookHttp: CloudConfig["webhookHttp"]): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  const shown = text.slice(0, 200);
  if (!isWeb || url.username !== "" || url.password !== "") {
    throw new Refusal("WEBHOOK_URL_INVALID", { url: shown });
  }
  if (url.protocol === "http:" && webhookHttp === "off" && !LOOPBACK.has(url.hostname)) {
    throw new Refusal("WEBHOOK_URL_OPEN", { url: shown, option: `--${flagOf("webhookHttp")}` });
  }
}
