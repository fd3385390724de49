import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import {
  firmware,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import { jobTrace, readTraceParent } from "./job-trace.ts";
import { createSink } from "./open-telemetry.ts";
import { createTracing } from "./tracing.ts";

const exporter = new InMemorySpanExporter();
let made: TestCloud;
let offer: Offer;
let token: string;
beforeEach(async () => {
  exporter.reset();
  const sink = await createSink({}, new SimpleSpanProcessor({ exporter }));
  made = await testCloud({ tracing: createTracing(sink) });
  const { releaseId } = await publishRelease(made, "2.0.0", firmware(2));
  token = await registerVehicle(made, "V1");
  await startCampaign(made, releaseId, ["V1"]);
  exporter.reset();
  offer = (await made.call("GET", "/api/v1/device/offer", { token })).data() as Offer;
});
afterEach(() => made.close());

test("A10 an offer carries its job's trace, and the request that got it points there", () => {
  expect(readTraceParent(offer.traceparent)).toMatchObject(jobTrace(offer.jobId));
  const [request] = exporter.getFinishedSpans();
  expect(request?.name).toBe("GET /api/v1/device/offer");
  expect(request?.links[0]?.context).toMatchObject(jobTrace(offer.jobId));
});

test("A10 a step that the vehicle reports is a span of the trace that its offer carried", async () => {
  const id = (digit: number): string => `01890a5d-ac96-774b-bcce-b30209900${String(digit).padStart(3, "0")}`;
  await made.call("POST", "/api/v1/device/events", {
    token,
    body: {
      events: [
        {
          type: "stage",
          stage: "download",
          kind: "done",
          durationMs: 1500,
          eventId: id(1),
          streamEpoch: id(2),
          bootId: id(3),
          seq: 1,
          jobId: offer.jobId,
          attempt: 1,
          at: made.clock.at,
          monotonicMs: 1,
          clockTrusted: true,
          traceparent: offer.traceparent,
        },
      ],
    },
  });
  const step = exporter.getFinishedSpans().find((span) => span.name === "halfshaft.download");
  expect(step?.spanContext().traceId).toBe(readTraceParent(offer.traceparent)?.traceId);
});
