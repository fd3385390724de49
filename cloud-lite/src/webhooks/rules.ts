import { createHmac, randomBytes } from "node:crypto";
import { Refusal } from "../refusals.ts";

/** Whether a webhook wants to be told of an action: `campaign.paused`, `campaign.*` or `*`. */
export const wants = (patterns: readonly string[], action: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === "*" ||
      pattern === action ||
      (pattern.endsWith(".*") && action.startsWith(pattern.slice(0, -1))),
  );

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

/** @throws {Refusal} WEBHOOK_URL_INVALID */
export function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (!isWeb || url.username !== "" || url.password !== "") {
    throw new Refusal("WEBHOOK_URL_INVALID", { url: text.slice(0, 200) });
  }
}
