import { Type } from "typebox";
import type { FastifyRequest } from "fastify";
import type { App, Cloud } from "../../cloud.ts";
import { readPage } from "../../db/cursor.ts";
import { actorOf } from "../../plugins/admission.ts";
import { answer, answers, ref } from "../../plugins/answers.ts";
import { PreviewBody, previewSelection, SelectionPreview } from "../../campaigns/preview.ts";
import { Vehicle } from "../schema.ts";
import { scopesFor } from "../scope.ts";
import { readCursor, writeCursor } from "./search-cursor.ts";
import {
  readOrder,
  readSearch,
  VehicleListQuery,
  VehicleSearchBody,
  type FleetSearch,
} from "./search-schema.ts";
import { searchVehicles } from "./search.ts";
import { addSummaryRoute } from "./summary-routes.ts";
import { checkSelection } from "./selection.ts";
import { vehiclesById } from "../store.ts";

const tags = ["vehicles"];
const DEFAULT_LIMIT = 50;

export function addSearchRoutes(app: App, cloud: Cloud): void {
  addPreviewRoute(app, cloud);
  addSummaryRoute(app, cloud);
  app.get(
    "/api/v1/vehicles",
    {
      schema: {
        tags,
        summary: "List the vehicles, filtered and sorted",
        querystring: VehicleListQuery,
        response: answers(Type.Array(ref(Vehicle))),
      },
    },
    (request) => {
      const { limit } = readPage({ limit: request.query.limit });
      return page(cloud, request, readSearch(request.query), { limit, cursor: request.query.cursor });
    },
  );

  app.post(
    "/api/v1/vehicles/search",
    {
      config: { permission: "fleet.read" },
      schema: {
        tags,
        summary: "List the vehicles of a selection; changes nothing",
        body: VehicleSearchBody,
        response: answers(Type.Array(ref(Vehicle))),
      },
    },
    (request) => {
      const { selection, q, limit = DEFAULT_LIMIT, cursor } = request.body;
      checkSelection(selection);
      const search = { selection, q, retired: false, ...readOrder(request.body) };
      return page(cloud, request, search, { limit, cursor });
    },
  );
}

function addPreviewRoute(app: App, cloud: Cloud): void {
  app.post(
    "/api/v1/vehicles/preview",
    {
      config: { permission: "fleet.read" },
      schema: {
        tags,
        summary: "Count what a selection holds, and what a release would do there; changes nothing",
        body: PreviewBody,
        response: answers(ref(SelectionPreview)),
      },
    },
    async (request) => {
      const { selection, releaseId } = request.body;
      const { organisationId } = actorOf(request);
      const context = { organisationId, at: cloud.now(), scopes: scopesFor(request, "fleet.read") };
      return answer(cloud, request, await previewSelection(cloud.db, selection, context, releaseId));
    },
  );
}

async function page(
  cloud: Cloud,
  request: FastifyRequest,
  search: FleetSearch,
  { limit, cursor }: { limit: number; cursor?: string },
) {
  const { organisationId } = actorOf(request);
  const context = { organisationId, at: cloud.now(), scopes: scopesFor(request, "fleet.read") };
  const after = cursor === undefined ? undefined : readCursor(search, cursor);
  const places = await searchVehicles(cloud.db, search, context, { after, limit: limit + 1 });
  const shown = places.slice(0, limit);
  const vehicles = await vehiclesById(
    cloud.db,
    organisationId,
    shown.map((place) => place.vehicleId),
  );
  const nextCursor = places.length > limit ? writeCursor(search, shown.at(-1)!) : undefined;
  return answer(cloud, request, vehicles, nextCursor);
}
