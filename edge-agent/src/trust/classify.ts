import { BadVersionError, ExpiredMetadataError } from "tuf-js/dist/error.js";
import { messageOf } from "../causes.ts";
import type { MetadataFetcher } from "./metadata-fetcher.ts";
import { type RepositoryName, TrustError } from "./trust-error.ts";

/** How tuf-js 6.0.2 and @tufjs/models 5.0.2 say it; snapshot and targets come as text inside a RuntimeError. */
const patterns = {
  expired: /(?:Final )?([\w-]+)\.json is expired/,
  rollback: /is less than current version|Expected version \d+, got \d+|Missing file .* in new snapshot/,
  unsigned: /was signed by \d+\/\d+ keys/,
} as const;

/**
 * Which of the named failures an error of tuf-js is. A version that merely does not fit (mix-and-match) is
 * `PLAN_METADATA_INVALID`; one that is older than what was seen is `PLAN_METADATA_ROLLBACK`.
 */
export function classify(error: unknown, repository: RepositoryName, fetcher: MetadataFetcher): TrustError {
  if (error instanceof TrustError) return error;
  const message = messageOf(error).replace(/^Unable to load \w+( metadata)? error \w+: /, "");
  const role = patterns.expired.exec(message)?.[1] ?? fetcher.last?.role ?? "root";
  const options = { cause: error };
  if (fetcher.failure !== undefined) {
    const reason = fetcher.failure.message;
    return new TrustError("PLAN_METADATA_UNREACHABLE", { repository, reason }, options);
  }
  if (error instanceof ExpiredMetadataError || patterns.expired.test(message)) {
    const expires = expiresOf(fetcher, role);
    return new TrustError("PLAN_METADATA_EXPIRED", { role, repository, expires }, options);
  }
  if (patterns.rollback.test(message)) {
    return new TrustError("PLAN_METADATA_ROLLBACK", { role, repository }, options);
  }
  if (patterns.unsigned.test(message)) {
    return new TrustError("PLAN_METADATA_UNTRUSTED", { role, repository }, options);
  }
  const reason = error instanceof BadVersionError ? `its version does not fit: ${message}` : message;
  return new TrustError("PLAN_METADATA_INVALID", { role, repository, reason }, options);
}

/** From the file as it came: it is the one that was refused. */
function expiresOf({ last }: MetadataFetcher, role: string): string {
  if (last?.role !== role) return "an earlier time";
  try {
    const { signed } = JSON.parse(new TextDecoder().decode(last.bytes)) as { signed?: { expires?: unknown } };
    return typeof signed?.expires === "string" ? signed.expires : "an unknown time";
  } catch {
    return "an unknown time";
  }
}
