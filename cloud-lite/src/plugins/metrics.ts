import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Event } from "@halfshaft/ota-format";
import { scopesOf } from "../access/grants.ts";
import type { App } from "../cloud.ts";
import { isUnbounded } from "../vehicles/scope.ts";
import type { RolloutMetrics } from "./collected-metrics.ts";

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

/** Measures every request, and serves `/metrics`: campaigns to a key that sees all of them, the rest to anyone. */
export function addMetrics(app: App, metrics: Metrics, rollouts: RolloutMetrics): void {
  app.addHook("onResponse", (request, reply, done) => {
    metrics.requestSeconds.observe(
      {
        method: request.method,
        // The pattern, not the path: ids must not become labels.
        route: request.routeOptions.url ?? "none",
        status: String(reply.statusCode),
      },
      reply.elapsedTime / 1000,
    );
    done();
  });
  app.get("/metrics", { config: { access: "anyone" }, schema: { hide: true } }, async ({ actor }, reply) => {
    const seesAll = actor?.kind === "operator" && isUnbounded(scopesOf(actor.grants, "campaign.read"));
    const ofCampaigns = seesAll ? await rollouts(actor.organisationId) : "";
    return reply.type(metrics.registry.contentType).send(`${await metrics.registry.metrics()}${ofCampaigns}`);
  });
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
