import type { ImageRequirements } from "@halfshaft/ota-format";
import { currentVersionFits, dependenciesHold } from "../releases/compatibility.ts";
import type { SkipReason } from "./schema.ts";

/** An image of the release. */
export interface OfferedImage {
  readonly imageId: string;
  readonly hardwareId: string;
  readonly version: string;
  readonly sha256: string;
  readonly releaseCounter: number;
  readonly requires?: ImageRequirements;
}

/** An ECU of a vehicle, and what it last reported. */
export interface KnownEcu {
  readonly ecuId: string;
  readonly hardwareId: string;
  readonly version: string | null;
  readonly imageSha256: string | null;
  readonly releaseCounter: number | null;
}

export interface Assignment<Ecu extends KnownEcu> {
  readonly ecu: Ecu;
  readonly image: OfferedImage;
}

/**
 * What a release changes in a vehicle: the ECUs with a matching hardware id that do not run its image yet. An ECU
 * that has said nothing counts as running something else. A vehicle with an ECU whose burned counter is higher than
 * the image's is left out as a whole: a release installs on all of its ECUs or on none.
 */
export function assignImages<Ecu extends KnownEcu>(
  ecus: readonly Ecu[],
  images: readonly OfferedImage[],
): { assignments: Assignment<Ecu>[] } | { skip: SkipReason } {
  const matching = ecus.flatMap((ecu) => {
    const image = images.find((candidate) => candidate.hardwareId === ecu.hardwareId);
    return image ? [{ ecu, image }] : [];
  });
  if (matching.length === 0) return { skip: "noMatchingEcu" };
  const assignments = matching.filter(({ ecu, image }) => ecu.imageSha256 !== image.sha256);
  if (assignments.length === 0) return { skip: "upToDate" };
  if (assignments.some(({ ecu, image }) => (ecu.releaseCounter ?? 0) > image.releaseCounter)) {
    return { skip: "releaseCounterTooLow" };
  }
  if (!assignments.every(({ ecu, image }) => currentVersionFits(ecu.version, image))) {
    return { skip: "currentVersionTooLow" };
  }
  const after = ecus.map((ecu) => {
    const given = matching.find((one) => one.ecu === ecu);
    return { hardwareId: ecu.hardwareId, version: given?.image.version ?? ecu.version };
  });
  if (!matching.every(({ image }) => dependenciesHold(after, image))) return { skip: "dependencyUnmet" };
  return { assignments };
}
