import type { App, Cloud } from "../cloud.ts";
import { addDeviceTokenRoutes } from "./device-token-routes.ts";
import { addAccessGroupRoutes } from "./group-routes.ts";
import { addKeyRoutes } from "./key-routes.ts";
import { AccessGroup, ApiKey, DeviceCredential, IssuedKey, Me, Session, User } from "./schema.ts";
import { addUserKeyRoutes } from "./user-key-routes.ts";
import { addSessionRoutes } from "./session-routes.ts";
import { addUserRoutes } from "./user-routes.ts";

/** Components of the OpenAPI document. */
export const ACCESS_SCHEMAS = [User, AccessGroup, Session, Me, ApiKey, IssuedKey, DeviceCredential];

/** Who may: sessions, users, groups of grants, and credentials. */
export function addAccessRoutes(app: App, cloud: Cloud): void {
  addSessionRoutes(app, cloud);
  addUserRoutes(app, cloud);
  addAccessGroupRoutes(app, cloud);
  addKeyRoutes(app, cloud);
  addUserKeyRoutes(app, cloud);
  addDeviceTokenRoutes(app, cloud);
}
