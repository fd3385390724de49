import type { App, Cloud } from "../cloud.ts";
import { addImportRoutes, VehicleImport } from "./import-routes.ts";
import { addReplacementRoutes, Replacement } from "./replacement-routes.ts";

/** Schemas that the routes of the twin refer to by name. */
export const TWIN_SCHEMAS = [Replacement, VehicleImport];

/** What a vehicle should have, what it has, and how it came to that. */
export function addTwinRoutes(app: App, cloud: Cloud): void {
  addReplacementRoutes(app, cloud);
  addImportRoutes(app, cloud);
}
