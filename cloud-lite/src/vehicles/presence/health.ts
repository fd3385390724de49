import { Type } from "typebox";
import { WallTime, type Event } from "@halfshaft/ota-format";
import { JobSummary } from "../../jobs/schema.ts";
import { jobSummary } from "../../jobs/store.ts";
import type { Database } from "../../db/database.ts";
import { ref } from "../../plugins/answers.ts";
import { telemetryStreams } from "../../telemetry/gaps.ts";
import {
  HEALTH_REASONS,
  HEALTH_STATES,
  healthReasons,
  healthState,
  reasonSentence,
  statusOf,
  type HealthFacts,
} from "./health-rules.ts";
import { PRESENCES, VEHICLE_STATUSES } from "../search/selection.ts";
import { present } from "../store.ts";

const closed = { additionalProperties: false } as const;

/** How a vehicle is, at a glance. */
export const VehicleHealth = Type.Object(
  {
    health: Type.Enum(HEALTH_STATES),
    reasons: Type.Array(
      Type.Object({ code: Type.Enum(Object.keys(HEALTH_REASONS)), sentence: Type.String() }, closed),
      { description: "Most pressing first; none: it is well" },
    ),
    status: Type.Enum(VEHICLE_STATUSES),
    presence: Type.Enum(PRESENCES),
    presenceAt: Type.Optional(WallTime),
    lastSeenAt: Type.Optional(WallTime),
    heartbeatMs: Type.Optional(
      Type.Integer({ description: "How often the vehicle says that it will be heard of, ms" }),
    ),
    clockTrusted: Type.Optional(Type.Boolean({ description: "As its last event said" })),
    eventsLost: Type.Integer({ minimum: 0 }),
    openJobs: Type.Array(ref(JobSummary)),
    newestJob: Type.Optional(ref(JobSummary)),
  },
  { ...closed, $id: "VehicleHealth" },
);

/** Of a vehicle that exists. */
export async function readHealth(db: Database, organisationId: string, vehicleId: string) {
  const vehicle = await db
    .selectFrom("vehicles")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirstOrThrow();
  const jobs = await db
    .selectFrom("jobs")
    .selectAll()
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .orderBy("jobId", "desc")
    .execute();
  const open = jobs.filter(({ endedAt }) => endedAt === null);
  const newest = jobs[0];
  const failed = newest && ["failed", "rolledBack"].includes(newest.status);
  const { epochs } = await telemetryStreams(db, organisationId, vehicleId);
  const last = await lastEvent(db, organisationId, vehicleId);
  const clockTrusted = last ? (JSON.parse(last.body) as Event).clockTrusted : null;
  // That it was heard of is written some seconds later than what it reported.
  const heard = [vehicle.lastSeenAt, vehicle.manifestAt, last?.receivedAt ?? null].filter(
    (at) => at !== null,
  );
  const lastSeenAt = heard.length > 0 ? Math.max(...heard) : null;
  const facts: HealthFacts = {
    presence: vehicle.presence ?? "unknown",
    lastSeenAt,
    heldReason: vehicle.heldReason,
    isRetired: vehicle.retiredAt !== null,
    openJobs: open.map(({ status }) => status),
    failureCode: failed ? (newest.failureCode ?? newest.status) : null,
    clockTrusted,
    eventsLost: epochs.reduce((sum, { lost }) => sum + lost, 0),
  };
  const reasons = healthReasons(facts);
  return {
    health: healthState(reasons),
    reasons: reasons.map((code) => ({ code, sentence: reasonSentence(code, facts) })),
    status: statusOf(facts),
    presence: facts.presence,
    eventsLost: facts.eventsLost,
    ...present({
      presenceAt: vehicle.presenceAt,
      lastSeenAt,
      heartbeatMs: vehicle.heartbeatMs,
      clockTrusted,
    }),
    openJobs: open.map((job) => jobSummary(job)),
    ...(newest ? { newestJob: jobSummary(newest) } : {}),
  };
}

const lastEvent = (db: Database, organisationId: string, vehicleId: string) =>
  db
    .selectFrom("events")
    .select(["body", "receivedAt"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .orderBy("arrival", "desc")
    .limit(1)
    .executeTakeFirst();
