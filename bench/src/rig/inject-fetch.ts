import type { App } from "@halfshaft/cloud-lite";

export interface InjectInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | null;
}

/** `fetch` that calls an application directly: no socket, no port, no time. */
export type InjectFetch = (url: string, init?: InjectInit) => Promise<Response>;

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const WITHOUT_BODY = new Set([101, 204, 205, 304]);

export const injectFetch =
  (app: App): InjectFetch =>
  async (url, { method = "GET", headers = {}, body, signal } = {}) => {
    signal?.throwIfAborted();
    const { pathname, search } = new URL(url);
    const answer = await app.inject({
      method: method as "GET",
      url: pathname + search,
      headers,
      ...(body === undefined ? {} : { payload: typeof body === "string" ? body : Buffer.from(body) }),
    });
    signal?.throwIfAborted();
    const given = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    const payload = WITHOUT_BODY.has(answer.statusCode) ? null : Uint8Array.from(answer.rawPayload);
    return new Response(payload, { status: answer.statusCode, headers: given });
  };
