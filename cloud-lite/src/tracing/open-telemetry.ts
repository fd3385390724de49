import type { SpanContext } from "@opentelemetry/api";
import type * as Sdk from "@opentelemetry/sdk-trace";
import type { TraceIds } from "./job-trace.ts";
import type { SpanRecord, SpanSink } from "./tracing.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** As the specification's environment variables say: off unless an exporter or its endpoint is named. */
export function wantedExporter(env: Environment): "otlp" | "console" | undefined {
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return undefined;
  const named = env["OTEL_TRACES_EXPORTER"]?.toLowerCase();
  if (named === "otlp" || named === "console") return named;
  if (named !== undefined && named !== "") return undefined;
  const endpoint = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ?? env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  return endpoint ? "otlp" : undefined;
}

/**
 * Spans by OpenTelemetry's SDK, loaded only where the environment asks for it: OTEL_TRACES_EXPORTER (`otlp` by
 * HTTP with JSON, `console`, `none`), OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
 * OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG, OTEL_SDK_DISABLED.
 * @returns undefined where traces are off
 */
export async function openTelemetrySink(env: Environment): Promise<SpanSink | undefined> {
  const exporter = wantedExporter(env);
  if (exporter === undefined) return undefined;
  const sdk = await import("@opentelemetry/sdk-trace");
  if (exporter === "console") {
    return createSink(env, new sdk.SimpleSpanProcessor({ exporter: new sdk.ConsoleSpanExporter() }));
  }
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
  return createSink(env, new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() }));
}

/** @param processor takes the finished spans */
export async function createSink(env: Environment, processor: Sdk.SpanProcessor): Promise<SpanSink> {
  const [api, sdk, resources] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/resources"),
  ]);
  const random = new sdk.RandomIdGenerator();
  // A span of given ids: starting one is synchronous, so nobody else's can come between.
  let given: TraceIds | undefined;
  const provider = new sdk.TracerProvider({
    resource: resources
      .resourceFromAttributes({ "service.name": "halfshaft-cloud" })
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    sampler: new sdk.ParentBasedSampler({ root: rootSampler(env, sdk) }),
    spanProcessors: [processor],
    idGenerator: {
      generateTraceId: () => given?.traceId ?? random.generateTraceId(),
      generateSpanId: () => given?.spanId ?? random.generateSpanId(),
    },
  });
  const tracer = provider.getTracer("halfshaft");
  const root = rootSampler(env, sdk);
  /** Decided by the trace id alone, so every span of a job's trace is kept or none is, whichever instance makes it. */
  const isKept = (traceId: string): boolean =>
    root.shouldSample(api.ROOT_CONTEXT, traceId, "", api.SpanKind.INTERNAL, {}, []).decision ===
    sdk.SamplingDecision.RECORD_AND_SAMPLED;
  const context = (ids: TraceIds & { isSampled?: boolean }): SpanContext => ({
    traceId: ids.traceId,
    spanId: ids.spanId,
    traceFlags: (ids.isSampled ?? isKept(ids.traceId)) ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
    isRemote: true,
  });
  return {
    record({ name, kind, startAt, endAt, attributes, failure, ids, parent, links = [] }: SpanRecord) {
      const within = parent ? api.trace.setSpanContext(api.ROOT_CONTEXT, context(parent)) : api.ROOT_CONTEXT;
      given = ids;
      const span = tracer.startSpan(
        name,
        {
          kind: kind === "server" ? api.SpanKind.SERVER : api.SpanKind.INTERNAL,
          // A bare number is taken for time since the process began where it is small enough.
          startTime: new Date(startAt),
          attributes: { ...attributes },
          links: links.map((link) => ({ context: context(link) })),
        },
        within,
      );
      given = undefined;
      if (failure !== undefined) {
        span.setAttribute("error.type", failure);
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: failure });
      }
      span.end(new Date(endAt));
    },
    async close() {
      await provider.shutdown();
    },
  };
}

/** OTEL_TRACES_SAMPLER of the specification, with or without `parentbased_`; everything is kept unless it says otherwise. */
function rootSampler(env: Environment, sdk: typeof Sdk): Sdk.Sampler {
  const ratio = Number(env["OTEL_TRACES_SAMPLER_ARG"] ?? "1");
  switch (env["OTEL_TRACES_SAMPLER"]?.toLowerCase().replace("parentbased_", "")) {
    case "always_off":
      return new sdk.AlwaysOffSampler();
    case "traceidratio":
      return new sdk.TraceIdRatioBasedSampler(ratio >= 0 && ratio <= 1 ? ratio : 1);
    default:
      return new sdk.AlwaysOnSampler();
  }
}
