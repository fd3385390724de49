import type { Event, EventBatch } from "@halfshaft/ota-format";
import type { Page } from "../db/cursor.ts";
import type { Database } from "../db/open.ts";

/** SQLite takes 32,766 parameters in a statement; a row has nine. */
const ROWS_AT_ONCE = 500;

/**
 * Stores the events of a batch that are new: by id, and by place in the vehicle's stream.
 * @returns the new ones; the rest are duplicates.
 */
export async function insertEvents(
  tx: Database,
  organisationId: string,
  vehicleId: string,
  at: number,
  batch: EventBatch,
): Promise<Event[]> {
  const stored = new Set<string>();
  for (let from = 0; from < batch.events.length; from += ROWS_AT_ONCE) {
    const rows = await tx
      .insertInto("events")
      .values(
        batch.events.slice(from, from + ROWS_AT_ONCE).map((event) => ({
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
      )
      .onConflict((conflict) => conflict.doNothing())
      .returning("eventId")
      .execute();
    for (const row of rows) stored.add(row.eventId);
  }
  return batch.events.filter((event) => stored.delete(event.eventId));
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

/** All events of one job that came from the job's own vehicle. */
export async function eventsOfJob(
  db: Database,
  organisationId: string,
  vehicleId: string,
  jobId: string,
): Promise<Event[]> {
  const rows = await db
    .selectFrom("events")
    .select("body")
    .where("organisationId", "=", organisationId)
    .where("jobId", "=", jobId)
    .where("vehicleId", "=", vehicleId)
    .orderBy("arrival")
    .execute();
  return rows.map((row) => JSON.parse(row.body) as Event);
}
