import type { Stage } from "@halfshaft/ota-format";
import { ecusWithoutDelta } from "../journal/job-facts.ts";
import type { Fact } from "../journal/fact.ts";
import {
  busBytesOf,
  fileOf,
  isPatchedHere,
  transportOf,
  transportRates,
} from "../update/choose-transport.ts";
import type { Plan } from "../update/plan-types.ts";

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
  const rates = transportRates(busBytesPerSecond);
  const downloaded = sum((ecu) => fileOf(ecu, withoutDelta).length);
  const patched = sum((ecu) => (isPatchedHere(transportOf(ecu, withoutDelta)) ? ecu.image.length : 0));
  const flashed = sum((ecu) => busBytesOf(ecu, withoutDelta));
  return {
    offer: 0,
    plan: 500,
    consent: 0,
    download: 500 + (downloaded / rates.download) * 1000,
    verify: 200,
    patch: (patched / rates.patch) * 1000,
    readiness: 0,
    flash: FLASH_OVERHEAD_MS + (flashed / rates.bus) * 1000,
    activate: RESTART_MS,
    confirm: RESTART_MS,
    report: 500,
  };
}

/** The stages in which the vehicle has to stand still. */
export const installationMs = (times: StageTimes): number => times.flash + times.activate + times.confirm;
