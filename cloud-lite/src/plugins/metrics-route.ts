import { scopesOf } from "../access/grants.ts";
import type { App } from "../cloud.ts";
import { isUnbounded } from "../vehicles/scope.ts";
import type { RolloutMetrics } from "./collected-metrics.ts";
import type { Metrics } from "./metrics.ts";

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
