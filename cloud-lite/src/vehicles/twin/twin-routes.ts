import { DesiredState, ReportedState } from "@halfshaft/ota-format";
import type { App, Cloud } from "../../cloud.ts";
import { addDesiredStateRoutes, StateBody, StateVersion } from "./desired-state-routes.ts";
import { addImportRoutes, VehicleImport } from "../import/import-routes.ts";
import { addTwinReadRoute, Twin } from "./twin-read-routes.ts";
import { addTimelineRoute } from "../history/timeline-routes.ts";
import { addInventoryRoutes } from "../history/inventory-routes.ts";
import { addReplacementRoutes, Replacement } from "../replacement/replacement-routes.ts";

/** Schemas that the routes of the twin refer to by name. */
export const TWIN_SCHEMAS = [
  Replacement,
  VehicleImport,
  DesiredState,
  ReportedState,
  StateBody,
  StateVersion,
  Twin,
];

/** What a vehicle should have, what it has, and how it came to that. */
export function addTwinRoutes(app: App, cloud: Cloud): void {
  addReplacementRoutes(app, cloud);
  addTwinReadRoute(app, cloud);
  addTimelineRoute(app, cloud);
  addInventoryRoutes(app, cloud);
  addImportRoutes(app, cloud);
  addDesiredStateRoutes(app, cloud);
}
