import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Event } from "@halfshaft/ota-format";

/** Prometheus metrics of one cloud; a registry of its own, so that tests do not share it. */
export interface Metrics {
  readonly registry: Registry;
  readonly requestSeconds: Histogram<"method" | "route" | "status">;
  readonly events: Counter<"result">;
  readonly jobsEnded: Counter<"outcome">;
  readonly deltas: Counter<"state">;
  readonly mqttClients: Gauge;
  readonly stepSeconds: Histogram<"step" | "result">;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    requestSeconds: new Histogram({
      name: "halfshaft_http_request_duration_seconds",
      help: "Time from request to answer",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    events: new Counter({
      name: "halfshaft_events_total",
      help: "Telemetry events received",
      labelNames: ["result"],
      registers,
    }),
    jobsEnded: new Counter({
      name: "halfshaft_jobs_ended_total",
      help: "Jobs that ended",
      labelNames: ["outcome"],
      registers,
    }),
    deltas: new Counter({
      name: "halfshaft_deltas_total",
      help: "Deltas made, skipped, retried or failed",
      labelNames: ["state"],
      registers,
    }),
    stepSeconds: new Histogram({
      name: "halfshaft_vehicle_step_seconds",
      help: "Time that a step of a job took in a vehicle",
      labelNames: ["step", "result"],
      buckets: [0.1, 1, 5, 20, 60, 300, 1800, 14_400],
      registers,
    }),
    mqttClients: new Gauge({ name: "halfshaft_mqtt_clients", help: "Vehicles connected by MQTT", registers }),
  };
}

/** Notes how long the steps took that these events end. */
export function observeSteps(metrics: Metrics, events: readonly Event[]): void {
  for (const event of events) {
    if (event.type !== "stage" || event.durationMs === undefined) continue;
    if (event.kind !== "done" && event.kind !== "failed") continue;
    metrics.stepSeconds.observe({ step: event.stage, result: event.kind }, event.durationMs / 1000);
  }
}

/** Of a cloud that backs itself up; another one would tell of a backup in 1970. */
export const lastBackupGauge = ({ registry }: Metrics): Gauge =>
  new Gauge({
    name: "halfshaft_last_backup_timestamp_seconds",
    help: "When the newest finished backup was begun, in seconds since 1970; 0 before the first",
    registers: [registry],
  });

/** Memory, event loop and garbage collection of the process; once per process. */
export const collectProcessMetrics = (metrics: Metrics): void =>
  collectDefaultMetrics({ register: metrics.registry });
