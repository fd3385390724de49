import type { Generated } from "kysely";
import type { JsonText, Millis, Owned } from "../db/columns.ts";

interface EventsTable extends Owned {
  /** Order of arrival. */
  arrival: Generated<number>;
  eventId: string;
  vehicleId: string;
  streamEpoch: string;
  seq: number;
  jobId: string | null;
  type: string;
  at: Millis;
  receivedAt: Millis;
  body: JsonText;
}

export interface TelemetryTables {
  events: EventsTable;
}
