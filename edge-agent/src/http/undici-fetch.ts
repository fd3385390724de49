import { Agent, fetch } from "undici";
import type { FetchFunction } from "./http.ts";

const CONNECT_TIMEOUT_MS = 10_000;

export interface UndiciOptions {
  /** PEM of the only certificate authority that is believed; else those of Node. */
  readonly ca?: string;
}

/** `fetch` over connections of its own. The limits of `Http` hold; these end what it never hears of. */
export function undiciFetch({ ca }: UndiciOptions = {}): FetchFunction {
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS, minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) },
  });
  return (url, init) => fetch(url, { ...init, dispatcher });
}
