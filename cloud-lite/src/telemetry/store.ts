import type { Event } from "@halfshaft/ota-format";
import type { Vehicle } from "../access/store.ts";
import { bulkInsert } from "../db/bulk-insert.ts";
import type { Page } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";

const insert = bulkInsert(
  "events",
  [
    "organisationId",
    "eventId",
    "vehicleId",
    "streamEpoch",
    "seq",
    "jobId",
    "type",
    "at",
    "receivedAt",
    "body",
  ],
  "eventId",
);

/** The events of one vehicle. */
export interface VehicleEvents {
  readonly actor: Vehicle;
  readonly events: readonly Event[];
}

/**
 * Stores the events that are new: by id, and by place in their vehicle's stream.
 * @returns the new ones of each vehicle's; the rest are duplicates.
 */
export async function insertEvents(
  tx: Database,
  at: number,
  reports: readonly VehicleEvents[],
): Promise<Event[][]> {
  const rows = reports.flatMap(({ actor: { organisationId, vehicleId }, events }) =>
    events.map((event) => ({
      organisationId,
      eventId: event.eventId,
      vehicleId,
      streamEpoch: event.streamEpoch,
      seq: event.seq,
      jobId: event.jobId ?? null,
      type: event.type,
      at: event.at,
      receivedAt: at,
      body: JSON.stringify(event),
    })),
  );
  const stored = await insert(tx, rows);
  // The first of two with one id is the one that was stored.
  return reports.map(({ events }) => events.filter((event) => stored.delete(event.eventId)));
}

/** Newest arrival first. */
export async function listEvents(
  db: Database,
  organisationId: string,
  vehicleId: string,
  page: Page,
): Promise<{ arrival: number; receivedAt: number; event: Event }[]> {
  const rows = await db
    .selectFrom("events")
    .select(["arrival", "receivedAt", "body"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .$if(page.after !== undefined, (q) => q.where("arrival", "<", Number(page.after)))
    .orderBy("arrival", "desc")
    .limit(page.limit + 1)
    .execute();
  return rows.map(({ arrival, receivedAt, body }) => ({
    arrival,
    receivedAt,
    event: JSON.parse(body) as Event,
  }));
}

/**
 * All events of one job that came from the job's own vehicle. Where its clock could not be trusted, an event happened
 * when it came.
 */
export async function eventsOfJob(
  db: Database,
  organisationId: string,
  vehicleId: string,
  jobId: string,
): Promise<Event[]> {
  const rows = await db
    .selectFrom("events")
    .select(["body", "receivedAt"])
    .where("organisationId", "=", organisationId)
    .where("jobId", "=", jobId)
    .where("vehicleId", "=", vehicleId)
    .orderBy("arrival")
    .execute();
  return rows.map(({ body, receivedAt }) => {
    const event = JSON.parse(body) as Event;
    return event.clockTrusted ? event : { ...event, at: receivedAt };
  });
}
