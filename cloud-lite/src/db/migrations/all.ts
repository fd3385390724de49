import type { Migration } from "kysely/migration";
import { access } from "./0010-access.ts";
import { beginning } from "./0001-beginning.ts";
import { deltaRetries } from "./0002-delta-retries.ts";
import { claims } from "./0004-claims.ts";
import { fleet } from "./0005-fleet.ts";
import { twin } from "./0006-twin.ts";
import { releaseMetadata } from "./0007-release-metadata.ts";
import { campaignEngine } from "./0008-campaign-engine.ts";
import { webhooks } from "./0011-webhooks.ts";
import { archivedJobs } from "./0012-archived-jobs.ts";
import { deviceChanges } from "./0013-device-changes.ts";
import { seenOutcomes } from "./0014-seen-outcomes.ts";
import { jobLists } from "./0015-job-lists.ts";
import { withdrawalReasons } from "./0016-withdrawal-reasons.ts";

/** In the order of their names. What was released is never changed: add another. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-beginning": beginning,
  "0002-delta-retries": deltaRetries,
  "0004-claims": claims,
  "0005-fleet": fleet,
  "0006-twin": twin,
  "0007-release-metadata": releaseMetadata,
  "0008-campaign-engine": campaignEngine,
  "0010-access": access,
  "0011-webhooks": webhooks,
  "0012-archived-jobs": archivedJobs,
  "0013-device-changes": deviceChanges,
  "0014-seen-outcomes": seenOutcomes,
  "0015-job-lists": jobLists,
  "0016-withdrawal-reasons": withdrawalReasons,
};
