import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { Event } from "@halfshaft/ota-format";
import { jobTrace, readTraceParent, traceParent } from "./job-trace.ts";
import { createSink, openTelemetrySink, wantedExporter } from "./open-telemetry.ts";
import { createTracing } from "./tracing.ts";

const JOB = "01890a5d-ac96-774b-bcce-b302099a8057";

test("A10 a job's trace id is the job's id", () => {
  expect(jobTrace(JOB).traceId).toBe("01890a5dac96774bbcceb302099a8057");
});

test("A10 what a job carries is a valid traceparent of a sampled span", () => {
  const ids = jobTrace(JOB);
  expect(readTraceParent(traceParent(ids))).toEqual({ ...ids, isSampled: true });
});

// W3C Trace Context, level 1, 3.2.2: invalid ids and versions are ignored.
test.each([
  "",
  "00-00000000000000000000000000000000-b7ad6b7169203331-01",
  "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
  "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
])('A10 "%s" is nobody\'s trace', (header) => {
  expect(readTraceParent(header)).toBeUndefined();
});

test.each([
  [{}, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, "otlp"],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318/v1/traces" }, "otlp"],
  [{ OTEL_TRACES_EXPORTER: "console" }, "console"],
  [{ OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, undefined],
  [{ OTEL_SDK_DISABLED: "true", OTEL_TRACES_EXPORTER: "otlp" }, undefined],
])("A10 %j sends traces to %s", (env, exporter) => {
  expect(wantedExporter(env)).toBe(exporter);
});

const common = {
  eventId: "01890a5d-ac96-774b-bcce-b302099a8001",
  streamEpoch: "01890a5d-ac96-774b-bcce-b302099a8002",
  bootId: "01890a5d-ac96-774b-bcce-b302099a8003",
  jobId: JOB,
  attempt: 1,
  monotonicMs: 0,
  clockTrusted: true,
};
const stage = (seq: number, more: object): Event => ({ ...common, seq, type: "stage", ...more }) as Event;
const EVENTS = [
  stage(1, { stage: "flash", kind: "started", at: 1000 }),
  stage(2, { stage: "flash", kind: "done", ecuId: "E1", durationMs: 4000, bytes: 512, at: 5000 }),
  stage(3, {
    stage: "confirm",
    kind: "failed",
    durationMs: 10,
    at: 6000,
    failure: { code: "CONFIRM_NO_BOOT", operands: {} },
  }),
];

async function spansOf(env: Record<string, string> = {}): Promise<ReadableSpan[]> {
  const exporter = new InMemorySpanExporter();
  const tracing = createTracing(await createSink(env, new SimpleSpanProcessor({ exporter })));
  tracing.vehicleEvents("V1", EVENTS);
  tracing.jobEnded({
    jobId: JOB,
    vehicleId: "V1",
    campaignId: "C1",
    status: "failed",
    startAt: 500,
    endAt: 6000,
    failure: "CONFIRM_NO_BOOT",
  });
  const spans = exporter.getFinishedSpans();
  await tracing.close();
  return spans;
}

test("A10 each step that the vehicle ended is a span below its job, with the vehicle's times", async () => {
  const [flash, confirm, job] = await spansOf();
  expect([flash?.name, confirm?.name, job?.name]).toEqual([
    "halfshaft.flash",
    "halfshaft.confirm",
    "halfshaft.job",
  ]);
  const root = jobTrace(JOB);
  expect(job?.spanContext()).toMatchObject(root);
  for (const step of [flash, confirm]) {
    expect(step?.spanContext().traceId).toBe(root.traceId);
    expect(step?.parentSpanContext?.spanId).toBe(root.spanId);
  }
  expect([flash?.startTime, flash?.endTime]).toEqual([
    [1, 0],
    [5, 0],
  ]);
  expect(flash?.attributes).toMatchObject({ "halfshaft.ecu.id": "E1", "halfshaft.bytes": 512 });
});

test("A10 a step that failed says why", async () => {
  const [, confirm] = await spansOf();
  expect(confirm?.status).toMatchObject({ code: 2, message: "CONFIRM_NO_BOOT" });
});

test("A10 a job's trace is kept whole or not at all, as the sampler says", async () => {
  const env = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" };
  expect(await spansOf(env)).toEqual([]);
});

test("A10 spans reach a collector by OTLP, under the service's name", async () => {
  const received = Promise.withResolvers<{ url?: string; body: string }>();
  const collector = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => void (body += chunk.toString()));
    request.on("end", () => {
      received.resolve({ url: request.url, body });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((listening) => collector.listen(0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  // The exporter reads the process's own environment.
  process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
  try {
    const sink = await openTelemetrySink({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    const tracing = createTracing(sink!);
    tracing.vehicleEvents("V1", EVENTS);
    await tracing.close();
  } finally {
    delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  }
  const { url, body } = await received.promise;
  expect(url).toBe("/v1/traces");
  expect(body).toContain('"halfshaft-cloud"');
  expect(body).toContain("halfshaft.flash");
  await new Promise((closed) => collector.close(closed));
});
