import type { Event } from "@halfshaft/ota-format";
import type { Vehicle } from "../access/store.ts";

/** A batch of one vehicle. */
export interface EventReport {
  readonly actor: Vehicle;
  readonly requestId: string;
  readonly events: readonly Event[];
}

export interface ReportResult {
  readonly accepted: number;
  readonly duplicates: number;
}
