import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { EventBatch, EventBatchResult, Offer, VersionManifest, WallTime } from "@halfshaft/ota-format";
import type { App, Cloud } from "../cloud.ts";
import { makeOffers, offersDue } from "../jobs/offer.ts";
import { readOffers } from "../jobs/read-offers.ts";
import { vehicleOf } from "../plugins/admission.ts";
import { jobTrace } from "../tracing/job-trace.ts";
import { gunzip } from "../plugins/gunzip.ts";
import { answer, answers, ref, type Envelope } from "../plugins/answers.ts";
import { shareWrites } from "../plugins/shared-writes.ts";
import { inTransaction, type VehicleReport } from "../plugins/writes.ts";
import { judgeJobs } from "../vehicles/replacement/replacement-jobs.ts";
import { storeManifest } from "../vehicles/twin/manifest-store.ts";
import { RetryLater } from "./intake.ts";

const tags = ["device"];
const config = { access: "vehicle" } as const;
const MAX_BATCH_BYTES = 1024 * 1024;

/** An offer carries the context of its job's trace, and the request that got it points there. */
function traced(offer: Offer, request: FastifyRequest, cloud: Cloud): Offer {
  const traceparent = cloud.tracing.traceParentOf(offer.jobId);
  if (traceparent === undefined) return offer;
  request.jobTrace = jobTrace(offer.jobId);
  return { ...offer, traceparent };
}

/** Offers of one transaction. */
const OFFERS_AT_ONCE = 100;

/** The offer of a vehicle that has an open job; null where it may not be offered now. */
async function offerOf(
  request: FastifyRequest,
  cloud: Cloud,
  makeOffer: (asking: VehicleReport) => Promise<Offer | null>,
): Promise<Envelope<Offer | null>> {
  const actor = vehicleOf(request);
  const { organisationId, vehicleId } = actor;
  const [due] = await offersDue(cloud.db, organisationId, [vehicleId], cloud.now());
  const { job, over } = due!;
  if (!job && over.length === 0) return answer(cloud, request, null);
  const offer =
    job?.status === "active"
      ? (await readOffers(cloud.db, organisationId, [job.jobId])).get(vehicleId)!
      : await makeOffer({ actor, requestId: request.id });
  return answer(cloud, request, offer && traced(offer, request, cloud));
}

/** What a vehicle calls. Its token says which vehicle it is. */
export function addDeviceRoutes(app: App, cloud: Cloud): void {
  const makeOffer = shareWrites<VehicleReport, Offer | null>(() => cloud, {
    most: OFFERS_AT_ONCE,
    run: (works, asking) => makeOffers(cloud, works, asking),
  });

  app.get(
    "/api/v1/device/offer",
    {
      config: { ...config, isUpdateCheck: true },
      schema: {
        tags,
        summary: "What this vehicle may get now, or null",
        response: answers(Type.Union([ref(Offer), Type.Null()])),
      },
    },
    (request) => {
      vehicleOf(request);
      return request.hasOpenJob ? offerOf(request, cloud, makeOffer) : answer(cloud, request, null);
    },
  );

  app.post(
    "/api/v1/device/events",
    {
      config,
      bodyLimit: MAX_BATCH_BYTES,
      preParsing: gunzip,
      schema: {
        tags,
        summary: "Report events; sending one twice is harmless. The body may be gzipped",
        body: ref(EventBatch),
        response: answers(ref(EventBatchResult)),
      },
    },
    async (request, reply) => {
      const actor = vehicleOf(request);
      try {
        const { events } = request.body;
        return answer(cloud, request, await cloud.intake.take({ actor, requestId: request.id, events }));
      } catch (error) {
        if (error instanceof RetryLater) reply.header("retry-after", error.retryAfterS);
        throw error;
      }
    },
  );

  app.put(
    "/api/v1/device/version-manifest",
    {
      config,
      schema: {
        tags,
        summary: "Report what the vehicle's ECUs run",
        body: ref(VersionManifest),
        response: answers(Type.Object({ receivedAt: WallTime }, { additionalProperties: false })),
      },
    },
    async (request) => {
      const actor = vehicleOf(request);
      const { vehicleId } = actor;
      const receivedAt = await inTransaction(cloud, actor, request.id, async (work) => {
        await storeManifest(work, vehicleId, request.body);
        await judgeJobs(cloud, work, vehicleId, request.body);
        return work.at;
      });
      return answer(cloud, request, { receivedAt });
    },
  );

  app.get(
    "/api/v1/device/time",
    {
      config,
      schema: {
        tags,
        summary: "The cloud's time",
        response: answers(Type.Object({ now: WallTime }, { additionalProperties: false })),
      },
    },
    (request) => answer(cloud, request, { now: cloud.now() }),
  );
}
