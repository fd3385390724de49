import fastify, { type FastifyServerFactory, type FastifyServerOptions } from "fastify";
import {
  EventBatch,
  EventBatchResult,
  Image,
  Offer,
  Problem,
  Release,
  VersionManifest,
} from "@halfshaft/ota-format";
import { ACCESS_SCHEMAS, addAccessRoutes } from "./access/routes.ts";
import { AuditEntry } from "./audit/entries.ts";
import { addAuditRoutes } from "./audit/routes.ts";
import { addCampaignRoutes } from "./campaigns/routes.ts";
import { Campaign } from "./campaigns/schema.ts";
import type { App, Cloud } from "./cloud.ts";
import { HTTP_OPTIONS } from "./listen.ts";
import { addJobRoutes } from "./jobs/routes.ts";
import { Job, JobSummary } from "./jobs/schema.ts";
import { Change } from "./live/change.ts";
import { addLiveRoutes } from "./live/routes.ts";
import { addRefusedUpgrades } from "./live/upgrades.ts";
import { addAdmission } from "./plugins/admission.ts";
import { addCollectedMetrics, rolloutMetrics } from "./plugins/collected-metrics.ts";
import { addDeprecation } from "./plugins/deprecation.ts";
import { addHealth } from "./plugins/health.ts";
import { addLazyValidators } from "./plugins/lazy-validators.ts";
import { addMetrics } from "./plugins/metrics-route.ts";
import { addOpenApi } from "./plugins/openapi.ts";
import { addPlainInput } from "./plugins/plain-input.ts";
import { addProblems, clientErrorHandler, frameworkErrors } from "./plugins/problems.ts";
import { newRequestId } from "./plugins/request-id.ts";
import { addWebSecurity, trustedProxies } from "./plugins/web-security.ts";
import { addHardwareRoutes } from "./releases/hardware-routes.ts";
import { addReleaseRoutes } from "./releases/routes.ts";
import { Upload } from "./releases/uploads/upload-schema.ts";
import { Delta, Hardware, UploadResult } from "./releases/schema.ts";
import { TelemetryStreams } from "./telemetry/gaps.ts";
import { addDeviceRoutes } from "./telemetry/routes.ts";
import { addStreamRoutes } from "./telemetry/stream-routes.ts";
import { traceRequests } from "./tracing/requests.ts";
import { addRepositoryRoutes } from "./trust/routes.ts";
import { addWebhookRoutes } from "./webhooks/routes.ts";
import { NewWebhook, Webhook, WebhookAttempt } from "./webhooks/schema.ts";
import { addVehicleRoutes } from "./vehicles/routes.ts";
import { DeviceToken, StoredEvent, Vehicle } from "./vehicles/schema.ts";
import { SelectionPreview } from "./campaigns/preview.ts";
import { VehicleHealth } from "./vehicles/presence/health.ts";
import { FleetSummary } from "./vehicles/search/summary.ts";
import { VehicleSelection } from "./vehicles/search/selection.ts";
import { addTwinRoutes, TWIN_SCHEMAS } from "./vehicles/twin/twin-routes.ts";

/** Schemas that are components of the OpenAPI document, referred to by name. */
const SCHEMAS = [
  Problem,
  Image,
  Release,
  Offer,
  EventBatch,
  EventBatchResult,
  VersionManifest,
  Hardware,
  Upload,
  UploadResult,
  Delta,
  Vehicle,
  DeviceToken,
  StoredEvent,
  TelemetryStreams,
  VehicleSelection,
  SelectionPreview,
  FleetSummary,
  VehicleHealth,
  Campaign,
  JobSummary,
  Job,
  AuditEntry,
  ...ACCESS_SCHEMAS,
  ...TWIN_SCHEMAS,
  Change,
  Webhook,
  NewWebhook,
  WebhookAttempt,
];

const JSON_BODY_BYTES = 1024 * 1024;

interface AppOptions {
  readonly logger?: FastifyServerOptions["logger"];
  /** Makes the server, where it is not to be a plain one that nobody else knows. */
  readonly serverFactory?: FastifyServerFactory;
  /** Adds hooks before the routes. */
  readonly extend?: (app: App) => void;
}

/** Composes the HTTP side of a cloud; it listens to nothing yet, so a test can inject requests. */
export async function buildApp(cloud: Cloud, options: AppOptions = {}): Promise<App> {
  const app: App = fastify({
    logger: options.logger ?? false,
    bodyLimit: JSON_BODY_BYTES,
    requestTimeout: HTTP_OPTIONS.requestTimeout,
    http: HTTP_OPTIONS,
    trustProxy: trustedProxies(cloud.config),
    ...(options.serverFactory ? { serverFactory: options.serverFactory } : {}),
    genReqId: newRequestId,
    // One for all requests: what is logged of one names its id.
    childLoggerFactory: (logger) => logger,
    // A target's name has up to three digests in it.
    routerOptions: { maxParamLength: 512 },
    frameworkErrors,
    clientErrorHandler,
  });
  // Schema-made serializers would drop what a schema does not name, and cost a third of a second at the start.
  app.setSerializerCompiler(() => JSON.stringify);
  for (const schema of SCHEMAS) app.addSchema(schema);
  addLazyValidators(app);
  addRefusedUpgrades(app);
  addProblems(app);
  addDeprecation(app);
  addBodies(app);
  addPlainInput(app);
  options.extend?.(app);
  await addWebSecurity(app, cloud.config);
  await addAdmission(app, cloud);
  traceRequests(app, cloud);
  await addOpenApi(app);
  await addLiveRoutes(app, cloud);
  await app.register(async (routes: App) => {
    addMetrics(routes, cloud.metrics, rolloutMetrics(cloud));
    addCollectedMetrics(cloud);
    addHealth(routes, cloud);
    addAccessRoutes(routes, cloud);
    addHardwareRoutes(routes, cloud);
    addReleaseRoutes(routes, cloud);
    addVehicleRoutes(routes, cloud);
    addTwinRoutes(routes, cloud);
    addCampaignRoutes(routes, cloud);
    addJobRoutes(routes, cloud);
    addAuditRoutes(routes, cloud);
    addWebhookRoutes(routes, cloud);
    addDeviceRoutes(routes, cloud);
    addStreamRoutes(routes, cloud);
    addRepositoryRoutes(routes, cloud);
  });
  await app.ready();
  return app;
}

/** Firmware arrives as bytes; everything else is JSON. An empty body is no body, whatever its type. */
function addBodies(app: App): void {
  app.addContentTypeParser(
    ["application/octet-stream", "text/x-hex", "text/x-srec"],
    { parseAs: "buffer" },
    (_request, body, done) => done(null, body),
  );
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser(["text/plain", "application/json"]);
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parseJson(request, body as string, done);
  });
}
