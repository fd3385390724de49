import type { AccessTables } from "../access/tables.ts";
import type { ArchiveTables } from "../archive/tables.ts";
import type { AuditTables } from "../audit/tables.ts";
import type { CampaignsTables } from "../campaigns/tables.ts";
import type { DbTables } from "./own-tables.ts";
import type { JobsTables } from "../jobs/tables.ts";
import type { ReleasesTables } from "../releases/tables.ts";
import type { TelemetryTables } from "../telemetry/tables.ts";
import type { TrustTables } from "../trust/tables.ts";
import type { WebhooksTables } from "../webhooks/tables.ts";
import type { VehiclesTables } from "../vehicles/tables.ts";

/** All tables; each domain declares its own. */
export type Tables = DbTables &
  AccessTables &
  ArchiveTables &
  AuditTables &
  VehiclesTables &
  ReleasesTables &
  TrustTables &
  CampaignsTables &
  JobsTables &
  TelemetryTables &
  WebhooksTables;
