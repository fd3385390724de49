import type { Change } from "../live/change.ts";
import { signedHeaders, verdict } from "./rules.ts";

/** Sends one request; rejects where there was no answer. */
export type Post = (
  url: string,
  init: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
) => Promise<{ readonly status: number }>;

const TIMEOUT_MS = 10_000;

/** A redirect is an answer like any other: who moved says so by a new registration. */
export const post: Post = async (url, init) => {
  const response = await fetch(url, {
    ...init,
    method: "POST",
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  return response;
};

export interface Delivery {
  readonly result: "delivered" | "failed" | "gone";
  readonly status?: number;
  readonly failure?: string;
}

/**
 * Tells one change to a receiver. The id is the same at each attempt, so that the receiver knows a repeat.
 * @param id of the message, unique per webhook
 */
export async function deliver(
  send: Post,
  target: { readonly url: string; readonly secret: string },
  { id, at, change }: { readonly id: string; readonly at: number; readonly change: Change },
): Promise<Delivery> {
  const body = JSON.stringify({
    type: change.action,
    timestamp: new Date(change.at).toISOString(),
    data: change,
  });
  try {
    const { status } = await send(target.url, { headers: signedHeaders(target.secret, id, at, body), body });
    const result = verdict(status);
    return result === "delivered" ? { result, status } : { result, status, failure: `answered ${status}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { result: "failed", failure: cause instanceof Error ? cause.message : String(cause) };
  }
}
