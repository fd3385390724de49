import { covers, liesWithin, scopesOf, type Grant, type Permission, type Scope } from "../access/grants.ts";
import type { Change, LocatedChange, LocatedProgress, Progress } from "./change.ts";

/** What a stream is about. */
export type Topic =
  | { readonly kind: "fleet" }
  | { readonly kind: "vehicle"; readonly vehicleId: string }
  | { readonly kind: "campaign"; readonly campaignId: string }
  | { readonly kind: "audit" };

/** Which permission reads changes of which subject; what is not named is for readers of the audit log alone. */
const READERS: Readonly<Record<string, Permission>> = {
  vehicle: "fleet.read",
  job: "fleet.read",
  group: "fleet.read",
  campaign: "campaign.read",
  release: "release.read",
  hardware: "release.read",
};

/** Of the whole organisation, whatever the reader's scope. */
const SHARED: ReadonlySet<string> = new Set(["release", "hardware"]);

/** Whether the fleet's stream and webhooks tell of what happens to such a subject. */
export const isTold = (subjectKind: string): boolean => READERS[subjectKind] !== undefined;

/** The fleet's stream leaves out who signs in and who holds which key. */
function inTopic(topic: Topic, change: Change): boolean {
  if (topic.kind === "vehicle") return change.vehicleId === topic.vehicleId;
  if (topic.kind === "campaign") return change.campaignId === topic.campaignId;
  return topic.kind === "audit" || isTold(change.subject.kind);
}

/**
 * What a reader gets of a change: nothing where it is not of the topic or not for these grants, and who did it only on
 * the stream of the audit log. Pure.
 */
export function visibleChange(
  topic: Topic,
  grants: readonly Grant[],
  { region, model, reach, actor, ...change }: LocatedChange,
): Change | undefined {
  if (!inTopic(topic, change)) return undefined;
  const permission = topic.kind === "audit" ? "audit.read" : READERS[change.subject.kind];
  if (permission === undefined) return undefined;
  const scopes = scopesOf(grants, permission);
  if (scopes.length === 0) return undefined;
  if (topic.kind === "audit") return { ...change, actor };
  if (change.vehicleId !== undefined) return covers(scopes, { region, model }) ? change : undefined;
  if (isWithin(scopes, change, reach)) return change;
  // Who follows a campaign sees some of its vehicles: he learns what happened to it, and not to whom.
  return topic.kind === "campaign" ? { ...change, change: null } : undefined;
}

/** What is not about one vehicle: a campaign reaches so far, a group everywhere; releases are for all. */
function isWithin(scopes: readonly Scope[], { subject }: Change, reach: readonly Scope[] = [{}]): boolean {
  return SHARED.has(subject.kind) || liesWithin(reach, scopes);
}

/** As `visibleChange`: progress is told by vehicle and campaign; the audit log has none. Pure. */
export function visibleProgress(
  topic: Topic,
  grants: readonly Grant[],
  { region, model, ...progress }: LocatedProgress,
): Progress | undefined {
  const concerns =
    topic.kind === "fleet" ||
    (topic.kind === "vehicle" && topic.vehicleId === progress.vehicleId) ||
    (topic.kind === "campaign" && topic.campaignId === progress.campaignId);
  return concerns && covers(scopesOf(grants, "fleet.read"), { region, model }) ? progress : undefined;
}

/** What reading a topic takes at all. */
export const topicPermission = (topic: Topic): Permission =>
  topic.kind === "audit" ? "audit.read" : topic.kind === "campaign" ? "campaign.read" : "fleet.read";
