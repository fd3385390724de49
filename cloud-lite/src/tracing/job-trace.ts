import { createHash } from "node:crypto";

/** W3C Trace Context, level 1: 16 and 8 bytes as lower-case hex. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * The trace of a job is its id: a UUID has the 16 bytes that a trace id has, so every instance, and whoever reads the
 * traces, finds one from the other. The span id of its root follows from it too.
 */
export const jobTrace = (jobId: string): TraceIds => ({
  traceId: jobId.replaceAll("-", ""),
  spanId: createHash("sha256").update(jobId).digest("hex").slice(0, 16),
});

const SAMPLED = "01";

/** `traceparent` of a sampled span, version 00 (W3C Trace Context, 3.2). */
export const traceParent = ({ traceId, spanId }: TraceIds): string => `00-${traceId}-${spanId}-${SAMPLED}`;

/** The span that a request says it belongs to; undefined where it says nothing valid. */
export function readTraceParent(header: string | undefined): (TraceIds & { isSampled: boolean }) | undefined {
  const found = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? "");
  if (!found || /^0+$/.test(found[1]!) || /^0+$/.test(found[2]!)) return undefined;
  return { traceId: found[1]!, spanId: found[2]!, isSampled: (parseInt(found[3]!, 16) & 1) === 1 };
}
