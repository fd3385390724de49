import { isIP } from "node:net";
import { hostname } from "node:os";

/** What of a request says where it comes from. */
export interface RequestOrigin {
  readonly host?: string;
  readonly origin?: string;
  /** `Sec-Fetch-Site`, set by browsers and not forgeable by pages. */
  readonly site?: string;
}

/**
 * Whether the HMI is addressed under a name of its own. A page that points its own DNS name at this machine
 * (DNS rebinding) is same-origin for the browser; only the name in `Host` gives it away.
 */
export function isOwnHost(host: string | undefined, names: readonly string[] = []): boolean {
  const name = nameOf(`http://${host ?? ""}`)?.hostname.replace(/^\[|\]$/g, "");
  if (!name) return false;
  return isIP(name) !== 0 || [...names, "localhost", hostname().toLowerCase()].includes(name);
}

/** Whether a write comes from the HMI's own page or from a program, which sends none of a browser's headers. */
export function isOwnOrigin({ host, origin, site }: RequestOrigin): boolean {
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return origin === undefined || nameOf(origin)?.host === host;
}

function nameOf(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}
