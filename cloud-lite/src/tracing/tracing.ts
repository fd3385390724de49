import type { Event } from "@halfshaft/ota-format";
import { jobTrace, traceParent, type TraceIds } from "./job-trace.ts";
import { vehicleSpans } from "./vehicle-spans.ts";

/** What is made into a span. */
export interface SpanRecord {
  readonly name: string;
  readonly kind: "server" | "internal";
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly failure?: string;
  /** A span of its own ids; left out: new ones. */
  readonly ids?: TraceIds;
  /** Whether it is sampled follows from its trace id unless it says so. */
  readonly parent?: TraceIds & { readonly isSampled?: boolean };
  readonly links?: readonly TraceIds[];
}

/** Where spans go. */
export interface SpanSink {
  record(span: SpanRecord): void;
  close(): Promise<void>;
}

/** A job that ended: the root of its trace. */
export interface EndedJob {
  readonly jobId: string;
  readonly vehicleId: string;
  readonly campaignId: string;
  readonly status: string;
  readonly startAt: number;
  readonly endAt: number;
  readonly failure?: string;
}

/** Traces from the request to the step in the vehicle. Without a sink nothing is made, and vehicles get no context. */
export interface Tracing {
  /** What a job's offer carries, so that the vehicle's reports belong to the job's trace. */
  traceParentOf(jobId: string): string | undefined;
  request(span: SpanRecord): void;
  vehicleEvents(vehicleId: string, events: readonly Event[]): void;
  jobEnded(job: EndedJob): void;
  readonly isOn: boolean;
  close(): Promise<void>;
}

export const noTracing: Tracing = {
  traceParentOf: () => undefined,
  request: () => {},
  vehicleEvents: () => {},
  jobEnded: () => {},
  isOn: false,
  close: () => Promise.resolve(),
};

export const createTracing = (sink: SpanSink): Tracing => ({
  traceParentOf: (jobId) => traceParent(jobTrace(jobId)),
  request: (span) => sink.record(span),
  vehicleEvents(vehicleId, events) {
    for (const { jobId, ...span } of vehicleSpans(vehicleId, events)) {
      sink.record({ ...span, kind: "internal", parent: jobTrace(jobId) });
    }
  },
  jobEnded({ jobId, vehicleId, campaignId, status, ...span }) {
    sink.record({
      ...span,
      name: "halfshaft.job",
      kind: "internal",
      ids: jobTrace(jobId),
      attributes: {
        "halfshaft.vehicle.id": vehicleId,
        "halfshaft.campaign.id": campaignId,
        "halfshaft.job.id": jobId,
        "halfshaft.job.status": status,
      },
    });
  },
  isOn: true,
  close: () => sink.close(),
});
