import type { BenchCloud } from "./bench-cloud.ts";
import type { CloudResult } from "./cloud-result.ts";
import { telemetry } from "./telemetry.ts";
import { updateChecks } from "./update-checks.ts";
import { vehicleList } from "./vehicle-list.ts";

/** In the order in which they run. */
export const CASES: Readonly<Record<string, (bench: BenchCloud) => Promise<CloudResult[]>>> = {
  "update-checks": updateChecks,
  telemetry,
  "vehicle-list": vehicleList,
};
