import type { BenchCloud } from "./bench-cloud.ts";
import { campaignStart } from "./campaign-start.ts";
import type { CloudResult } from "./cloud-result.ts";
import { offers } from "./offers.ts";
import { telemetry } from "./telemetry.ts";
import { twoInstances } from "./two-instances.ts";
import { updateChecks } from "./update-checks.ts";
import { vehicleList } from "./vehicle-list.ts";

/** In the order in which they run; the last two ask for the jobs of the campaign that the one before them starts. */
export const CASES: Readonly<Record<string, (bench: BenchCloud) => Promise<CloudResult[]>>> = {
  "update-checks": updateChecks,
  telemetry,
  "vehicle-list": vehicleList,
  "campaign-start": campaignStart,
  offers,
  "two-instances": twoInstances,
};
