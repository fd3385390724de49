import type { CampaignState, SkipReason } from "./schema.ts";

export const CAMPAIGN_VERBS = ["start", "pause", "resume", "abort"] as const;
export type CampaignVerb = (typeof CAMPAIGN_VERBS)[number];
type Transition = CampaignVerb | "complete";

/** The life cycle of a campaign: from where each verb leads, and to what. */
const TRANSITIONS: Readonly<Record<Transition, { from: readonly CampaignState[]; to: CampaignState }>> = {
  start: { from: ["draft"], to: "active" },
  pause: { from: ["active"], to: "paused" },
  resume: { from: ["paused"], to: "active" },
  abort: { from: ["draft", "active", "paused"], to: "aborted" },
  complete: { from: ["active", "paused"], to: "completed" },
};

/**
 * Where a verb leads: a new state, the same one where the verb was carried out before, or undefined where it is
 * illegal.
 */
export function transition(state: CampaignState, verb: Transition): CampaignState | undefined {
  const { from, to } = TRANSITIONS[verb];
  if (from.includes(state)) return to;
  return state === to ? state : undefined;
}

/** The states in which a verb does nothing, for it was carried out before. */
export const isDone = (state: CampaignState, verb: Transition): boolean => TRANSITIONS[verb].to === state;

/** An image of the release. */
export interface OfferedImage {
  readonly imageId: string;
  readonly hardwareId: string;
  readonly version: string;
  readonly sha256: string;
  readonly releaseCounter: number;
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
  return { assignments };
}
