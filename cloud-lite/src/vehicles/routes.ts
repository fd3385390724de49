import { Type } from "typebox";
import { Id } from "@halfshaft/ota-format";
import { requireCovers } from "../access/scopes.ts";
import { issueToken } from "../access/store.ts";
import type { App, Cloud } from "../cloud.ts";
import { PageQuery, readPage } from "../db/cursor.ts";
import { sortParameter } from "../db/order.ts";
import { several, splitting, valuesOf } from "../db/several.ts";
import { actorOf } from "../plugins/admission.ts";
import { answer, answers, answerWithETag, ref } from "../plugins/answers.ts";
import { write, WriteHeaders } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { EVENT_ORDERS, listEvents } from "../telemetry/store.ts";
import { DeviceToken, StoredEvent, Vehicle, VehicleBody, VehicleId } from "./schema.ts";
import { addChangeRoutes } from "./change-routes.ts";
import { addHealthRoute } from "./presence/health-route.ts";
import { vehicleEtag } from "./inventory-change.ts";
import { requireKnownHardware } from "./known-hardware.ts";
import { requireInUse } from "./retirement.ts";
import { requireWithin, scopesFor } from "./scope.ts";
import { addSearchRoutes } from "./search/search-routes.ts";
import { findVehicleId, getVehicle, insertVehicle } from "./store.ts";
import { checkTimeZone } from "./time-zone.ts";
import { checkVin } from "./vin.ts";

const Params = Type.Object({ vehicleId: VehicleId });
const tags = ["vehicles"];

const EventListQuery = Type.Object(
  {
    ...PageQuery,
    sort: sortParameter(EVENT_ORDERS),
    type: several(Type.Enum(["stage", "outcome", "heartbeat"]), "Of this type"),
    jobId: Type.Optional(Type.String({ ...Id, description: "Of this job" })),
  },
  { additionalProperties: false },
);

export function addVehicleRoutes(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/vehicles",
    {
      schema: {
        tags,
        summary: "Register a vehicle with its ECUs",
        headers: WriteHeaders,
        body: VehicleBody,
        response: answers(ref(Vehicle), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          checkVehicle(request.body, cloud);
          if (!request.body.allowUnknownHardware) {
            await requireKnownHardware(work.tx, work.organisationId, request.body.ecus);
          }
          const vehicle = await insertVehicle(work.tx, work.organisationId, work.at, request.body);
          requireWithin(request, vehicle);
          await work.audit({
            action: "vehicle.created",
            subjectKind: "vehicle",
            subjectId: vehicle.vehicleId,
            payload: vehicle,
          });
          return vehicle;
        },
        { status: 201 },
      ),
  );

  addSearchRoutes(app, cloud);
  addChangeRoutes(app, cloud);
  addHealthRoute(app, cloud);

  app.get(
    "/api/v1/vehicles/:vehicleId",
    {
      schema: {
        tags,
        summary: "Read a vehicle: its ECUs and what they run",
        params: Params,
        response: answers(ref(Vehicle)),
      },
    },
    async (request, reply) => {
      const { organisationId } = actorOf(request);
      const scopes = scopesFor(request, "fleet.read");
      const vehicle = await getVehicle(cloud.db, organisationId, request.params.vehicleId, scopes);
      return answerWithETag(cloud, request, reply, vehicle, vehicleEtag(vehicle));
    },
  );

  addTokenRoute(app, cloud);

  app.get(
    "/api/v1/vehicles/:vehicleId/events",
    {
      preValidation: splitting("type"),
      schema: {
        tags,
        summary: "List a vehicle's events, newest arrival first unless said otherwise",
        params: Params,
        querystring: EventListQuery,
        response: answers(Type.Array(ref(StoredEvent))),
      },
    },
    async (request) => {
      const { organisationId } = actorOf(request);
      const { vehicleId } = request.params;
      const page = readPage(request.query);
      await findVehicleId(cloud.db, organisationId, vehicleId, scopesFor(request, "fleet.read"));
      const { type, jobId } = request.query;
      const filter = { types: valuesOf(type), jobId };
      const ofVehicle = { organisationId, vehicleId };
      const { rows, nextCursor } = await listEvents(cloud.db, ofVehicle, page, filter);
      return answer(cloud, request, rows, nextCursor);
    },
  );
}

function addTokenRoute(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/vehicles/:vehicleId/device-tokens",
    {
      schema: {
        tags,
        summary: "Issue a device token; it is shown once",
        params: Params,
        headers: WriteHeaders,
        response: answers(ref(DeviceToken), 201),
      },
    },
    (request, reply) =>
      write(
        cloud,
        request,
        reply,
        async (work) => {
          const { vehicleId } = request.params;
          const vehicle = await getVehicle(work.tx, work.organisationId, vehicleId);
          requireCovers(actorOf(request), "fleet.write", vehicle);
          requireInUse(vehicle);
          const { credentialId, token } = await issueToken(work.tx, {
            organisationId: work.organisationId,
            kind: "device",
            label: vehicleId,
            vehicleId,
            at: work.at,
          });
          await work.audit({
            action: "device-token.issued",
            subjectKind: "vehicle",
            subjectId: vehicleId,
            payload: { credentialId },
          });
          return { credentialId, vehicleId, token };
        },
        { status: 201, secret: true },
      ),
  );
}

/** @throws {Refusal} VIN_INVALID, TIME_ZONE_UNKNOWN or ECU_DUPLICATE */
function checkVehicle(body: VehicleBody, cloud: Cloud): void {
  if (body.vin !== undefined) checkVin(body.vin, cloud.config.vinPolicy);
  if (body.timeZone !== undefined) checkTimeZone(body.timeZone);
  const seen = new Set<string>();
  for (const { ecuId } of body.gateway ? [...body.ecus, body.gateway] : body.ecus) {
    if (seen.has(ecuId)) throw new Refusal("ECU_DUPLICATE", { ecuId });
    seen.add(ecuId);
  }
}
