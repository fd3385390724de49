import type { Event } from "@halfshaft/ota-format";

/** One step of a job as a span: made from the vehicle's report, so it needs nothing of the vehicle but its events. */
export interface VehicleSpan {
  readonly jobId: string;
  /** `halfshaft.flash` */
  readonly name: string;
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Code of what went wrong. */
  readonly failure?: string;
}

/** The spans that these events end. A stage that only began has none yet. Pure. */
export const vehicleSpans = (vehicleId: string, events: readonly Event[]): VehicleSpan[] =>
  events.flatMap((event) => {
    if (event.type !== "stage" || (event.kind !== "done" && event.kind !== "failed")) return [];
    return [
      {
        jobId: event.jobId,
        name: `halfshaft.${event.stage}`,
        startAt: event.at - (event.durationMs ?? 0),
        endAt: event.at,
        attributes: {
          "halfshaft.vehicle.id": vehicleId,
          "halfshaft.job.attempt": event.attempt,
          ...(event.ecuId === undefined ? {} : { "halfshaft.ecu.id": event.ecuId }),
          ...(event.bytes === undefined ? {} : { "halfshaft.bytes": event.bytes }),
          ...(event.transport === undefined ? {} : { "halfshaft.transport": event.transport.transport }),
        },
        ...(event.kind === "failed" ? { failure: event.failure?.code ?? "UNKNOWN" } : {}),
      },
    ];
  });
