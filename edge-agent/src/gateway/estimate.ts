import type { Stage } from "@halfshaft/ota-format";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import type { Fact } from "../journal/fact.ts";
import { transportOf } from "../update/download.ts";
import type { Plan } from "../update/plan-types.ts";

/** A modest mobile connection; the first bytes correct it. */
const DOWNLOAD_BYTES_PER_SECOND = 200_000;
const PATCH_BYTES_PER_SECOND = 500_000;
/** Sessions, security access, erasing and checking of one ECU. */
const FLASH_OVERHEAD_MS = 1_500;
/** Restart of all ECUs, side by side. */
const RESTART_MS = 2_500;

export type StageTimes = Readonly<Record<Stage, number>>;

/** How long each stage may take, ms, before anything is known of this vehicle's connection. Waits count as nothing. */
export function estimateStages(plan: Plan, facts: readonly Fact[], busBytesPerSecond: number): StageTimes {
  const withoutDelta = ecusWithoutDelta(facts);
  const sum = (bytesOf: (ecu: Plan["ecus"][number]) => number): number =>
    plan.ecus.reduce((total, ecu) => total + bytesOf(ecu), 0);
  const images = sum((ecu) => ecu.image.length);
  return {
    offer: 0,
    plan: 500,
    consent: 0,
    download: 500 + (sum((ecu) => transportOf(ecu, withoutDelta).length) / DOWNLOAD_BYTES_PER_SECOND) * 1000,
    verify: 200,
    patch: (images / PATCH_BYTES_PER_SECOND) * 1000,
    readiness: 0,
    flash: FLASH_OVERHEAD_MS + (images / busBytesPerSecond) * 1000,
    activate: RESTART_MS,
    confirm: RESTART_MS,
    report: 500,
  };
}

/** The stages in which the vehicle has to stand still. */
export const installationMs = (times: StageTimes): number => times.flash + times.activate + times.confirm;
