import type { Event } from "@halfshaft/ota-format";
import type { Vehicle } from "../access/store.ts";
import { bulkInsert } from "../db/bulk-insert.ts";
import type { AskedPage, Listed } from "../db/cursor.ts";
import type { Database } from "../db/database.ts";
import { listPage, type Orders } from "../db/order.ts";

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

export const EVENT_ORDERS = {
  id: "arrival",
  numbered: true,
  by: { receivedAt: "id" },
  first: "-receivedAt",
} as const satisfies Orders;

/** All that are given must hold. */
export interface EventFilter {
  readonly types?: readonly Event["type"][];
  readonly jobId?: string;
}

export async function listEvents(
  db: Database,
  { organisationId, vehicleId }: Pick<Vehicle, "organisationId" | "vehicleId">,
  page: AskedPage,
  { types, jobId }: EventFilter,
): Promise<Listed<{ receivedAt: number; event: Event }>> {
  const matching = db
    .selectFrom("events")
    .select(["receivedAt", "body"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .$if(types !== undefined, (q) => q.where("type", "in", types!))
    .$if(jobId !== undefined, (q) => q.where("jobId", "=", jobId!));
  const { rows, nextCursor } = await listPage(matching, page, EVENT_ORDERS);
  const events = rows.map(({ receivedAt, body }) => ({ receivedAt, event: JSON.parse(body) as Event }));
  return { rows: events, nextCursor };
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
