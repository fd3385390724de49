import { valid } from "semver";
import type { EcuDependency, ImageRequirements } from "@halfshaft/ota-format";
import { versionKey } from "./version-key.ts";

/** What an ECU runs, or will run. */
export interface EcuSoftware {
  readonly hardwareId: string;
  /** Null where the ECU has not said it yet. */
  readonly version: string | null;
}

interface Demanding {
  readonly hardwareId: string;
  readonly requires?: ImageRequirements;
}

/**
 * Whether an ECU may go from what it runs now to an image. Where the image demands a version, an ECU that has not
 * said its own may not: unknown is no proof.
 */
export function currentVersionFits(current: string | null, { requires = {} }: Demanding): boolean {
  const { currentAtLeast, currentIs } = requires;
  if (currentAtLeast === undefined && currentIs === undefined) return true;
  if (current === null) return false;
  if (currentAtLeast !== undefined && !versionFits(current, { atLeast: currentAtLeast })) return false;
  return currentIs === undefined || currentIs.includes(current);
}

/**
 * Whether a version lies within `atLeast ≤ version < below`, in the order of semver.org, 11. What an ECU reports may
 * be no semantic version; that lies nowhere.
 */
export function versionFits(version: string, { atLeast, below }: Omit<EcuDependency, "hardwareId">): boolean {
  if (valid(version) === null) return false;
  const key = versionKey(version);
  return (
    (atLeast === undefined || key >= versionKey(atLeast)) && (below === undefined || key < versionKey(below))
  );
}

/**
 * Whether a vehicle, as it will be after the update, has what an image demands of the other ECUs: at least one ECU
 * of each named hardware id, and all of them within the bounds.
 * @param ecusAfter all ECUs of the vehicle: those that the update changes with their new version, the others as they are
 */
export const dependenciesHold = (ecusAfter: readonly EcuSoftware[], image: Demanding): boolean =>
  (image.requires?.ecus ?? []).every((dependency) => {
    const named = ecusAfter.filter((ecu) => ecu.hardwareId === dependency.hardwareId);
    return (
      named.length > 0 && named.every(({ version }) => version !== null && versionFits(version, dependency))
    );
  });
