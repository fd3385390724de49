import type { App, Cloud } from "../cloud.ts";
import { readTraceParent, type TraceIds } from "./job-trace.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Trace of the job that this request is about. */
    jobTrace: TraceIds | null;
  }
}

/** A span for every request, by OpenTelemetry's names for HTTP; nothing where traces are off. */
export function traceRequests(app: App, cloud: Cloud): void {
  const { tracing } = cloud;
  app.decorateRequest("jobTrace", null);
  if (!tracing.isOn) return;
  app.addHook("onResponse", async (request, reply) => {
    const endAt = Date.now();
    const route = request.routeOptions.url ?? "none";
    const caller = readTraceParent(request.headers.traceparent as string | undefined);
    if (caller && !caller.isSampled) return;
    tracing.request({
      name: `${request.method} ${route}`,
      kind: "server",
      startAt: endAt - reply.elapsedTime,
      endAt,
      attributes: {
        "http.request.method": request.method,
        "http.route": route,
        "http.response.status_code": reply.statusCode,
        "halfshaft.request.id": request.id,
        ...(request.actor ? { "halfshaft.actor.kind": request.actor.kind } : {}),
      },
      ...(reply.statusCode >= 500 ? { failure: String(reply.statusCode) } : {}),
      ...(caller ? { parent: caller } : {}),
      ...(request.jobTrace ? { links: [request.jobTrace] } : {}),
    });
  });
}
