import type { OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import type { AuditActor } from "../../audit/store.ts";
import type { Database } from "../../db/database.ts";
import { Refusal } from "../../refusals.ts";
import type { SoftwareChange } from "../twin/manifest-store.ts";

export const TIMELINE_KINDS = ["vehicle", "imported", "software", "presence", "job", "step"] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/** Something that happened to a vehicle. */
export interface TimelineEntry {
  readonly at: number;
  /** Tells entries of one millisecond apart, in every source. */
  readonly id: string;
  readonly kind: TimelineKind;
  /** Noun and verb: `job.offered`, `flash.done`, `vehicle.held`. */
  readonly what: string;
  /** For people. */
  readonly sentence: string;
  readonly jobId?: string;
  /** Who did it. */
  readonly actor?: { readonly kind: AuditActor["kind"]; readonly id: string };
  readonly detail?: unknown;
}

export interface Place {
  readonly at: number;
  readonly id: string;
}

/** What a source is asked for: the newest entries that are older than a place. */
interface Ask {
  readonly db: Database;
  readonly organisationId: string;
  readonly vehicleId: string;
  readonly before: Place;
  readonly limit: number;
}

type Source = (ask: Ask) => Promise<TimelineEntry[]>;

const SOURCES: Readonly<Record<TimelineKind, Source>> = {
  vehicle: operatorEntries,
  imported: (ask) => historyEntries(ask, "imported"),
  software: (ask) => historyEntries(ask, "software"),
  presence: (ask) => historyEntries(ask, "presence"),
  job: jobEntries,
  step: stepEntries,
};

/** After every entry that there is. */
const END: Place = { at: Number.MAX_SAFE_INTEGER, id: "" };

/** A vehicle's history out of all sources, newest first; one more than the limit where there is more. */
export async function readTimeline(
  db: Database,
  given: {
    readonly organisationId: string;
    readonly vehicleId: string;
    readonly kinds: readonly TimelineKind[];
    readonly before?: Place;
    readonly limit: number;
  },
): Promise<TimelineEntry[]> {
  const { organisationId, vehicleId, kinds, before = END } = given;
  const limit = given.limit + 1;
  const entries: TimelineEntry[] = [];
  for (const kind of kinds) {
    entries.push(...(await SOURCES[kind]({ db, organisationId, vehicleId, before, limit })));
  }
  return entries.sort(newestFirst).slice(0, limit);
}

const newestFirst = (a: Place, b: Place): number => b.at - a.at || Number(a.id < b.id) - Number(a.id > b.id);

/** @throws {Refusal} CURSOR_INVALID */
export function readPlace(text: string): Place {
  const parts = /^(\d{1,16})\.([\w-]{1,60})$/.exec(text);
  if (!parts) throw new Refusal("CURSOR_INVALID");
  return { at: Number(parts[1]), id: parts[2]! };
}

async function historyEntries(
  { db, organisationId, vehicleId, before, limit }: Ask,
  kind: "imported" | "software" | "presence",
): Promise<TimelineEntry[]> {
  const rows = await db
    .selectFrom("vehicleHistory")
    .select(["entryId", "at", "detail"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .where("kind", "=", kind)
    .where("at", "<=", before.at)
    .where((eb) => eb.or([eb("at", "<", before.at), eb("entryId", "<", before.id)]))
    .orderBy("at", "desc")
    .orderBy("entryId", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ entryId, at, detail: text }) => {
    const detail = JSON.parse(text) as HistoryDetail;
    return { at, id: entryId, kind, ...historyWords(kind, detail), detail };
  });
}

interface HistoryDetail {
  readonly outcome?: string;
  readonly presence?: string;
  readonly changes?: readonly SoftwareChange[];
}

function historyWords(kind: TimelineKind, { outcome, presence, changes = [] }: HistoryDetail) {
  if (kind === "imported") {
    return {
      what: `vehicle.${outcome ?? "imported"}`,
      sentence: `An as-built import ${outcome ?? "took"} it.`,
    };
  }
  if (kind === "presence")
    return { what: `presence.${presence ?? "changed"}`, sentence: `It went ${presence}.` };
  const said = changes.map(({ name, from, to }) => `${name} ${named(from)} → ${named(to)}`);
  return { what: "software.changed", sentence: `${said.join("; ")}.` };
}

const named = ({ version, sha256 }: SoftwareChange["to"]): string =>
  version ?? sha256?.slice(0, 12) ?? "unknown";

/** What operators and rules did to the vehicle, from the audit log. */
async function operatorEntries({
  db,
  organisationId,
  vehicleId,
  before,
  limit,
}: Ask): Promise<TimelineEntry[]> {
  const rows = await db
    .selectFrom("auditEntries as e")
    .leftJoin("auditPayloads as p", (join) =>
      join.onRef("p.auditId", "=", "e.auditId").onRef("p.organisationId", "=", "e.organisationId"),
    )
    .leftJoin("users as u", (join) =>
      join.onRef("u.userId", "=", "e.actorId").onRef("u.organisationId", "=", "e.organisationId"),
    )
    .select(["e.auditId", "e.at", "e.action", "e.actorKind", "e.actorId", "p.payload"])
    .select(["u.name", "u.displayName"])
    .where("e.organisationId", "=", organisationId)
    .where("e.subjectId", "=", vehicleId)
    .where("e.subjectKind", "=", "vehicle")
    .where("e.at", "<=", before.at)
    .where((eb) => eb.or([eb("e.at", "<", before.at), eb("e.auditId", "<", before.id)]))
    .orderBy("e.at", "desc")
    .orderBy("e.auditId", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ auditId, at, action, actorKind, actorId, payload, name, displayName }) => ({
    at,
    id: auditId,
    kind: "vehicle",
    what: action,
    sentence: `${action} by ${displayName ?? name ?? `${actorKind} ${actorId}`}.`,
    actor: { kind: actorKind, id: actorId },
    // Null where it was redacted.
    detail: payload === null ? null : (JSON.parse(payload) as unknown),
  }));
}

/** When each job was queued, offered, withdrawn and ended. */
async function jobEntries({ db, organisationId, vehicleId, before, limit }: Ask): Promise<TimelineEntry[]> {
  const jobs = await db
    .selectFrom("jobs as j")
    .innerJoin("releases as r", (join) =>
      join.onRef("r.releaseId", "=", "j.releaseId").onRef("r.organisationId", "=", "j.organisationId"),
    )
    .select(["j.jobId", "j.campaignId", "j.status", "j.createdAt", "j.offeredAt", "j.endedAt", "r.name"])
    .where("j.organisationId", "=", organisationId)
    .where("j.vehicleId", "=", vehicleId)
    .where("j.createdAt", "<=", before.at)
    .orderBy("j.jobId", "desc")
    .execute();
  const entries = jobs.flatMap((job) => {
    const moments = [
      { place: 1, verb: "queued", at: job.createdAt },
      { place: 2, verb: "offered", at: job.offeredAt },
      { place: 3, verb: job.status, at: job.endedAt },
    ];
    return moments.flatMap(({ place, verb, at }) =>
      at === null
        ? []
        : [
            {
              at,
              id: `${job.jobId}-${place}`,
              kind: "job",
              what: `job.${verb}`,
              sentence: `${job.name}: ${verb}.`,
              jobId: job.jobId,
              detail: { campaignId: job.campaignId },
            } as const,
          ],
    );
  });
  return entries.filter((entry) => newestFirst(before, entry) < 0).slice(0, limit);
}

/** The steps of jobs as the vehicle told them, by its own clock. */
async function stepEntries({ db, organisationId, vehicleId, before, limit }: Ask): Promise<TimelineEntry[]> {
  const rows = await db
    .selectFrom("events as e")
    .select(["e.eventId", "e.at", "e.body"])
    .where("e.organisationId", "=", organisationId)
    .where("e.vehicleId", "=", vehicleId)
    .where("e.type", "in", ["stage", "outcome"])
    // By the index of jobs: a vehicle has few of them, and very many heartbeats.
    .where("e.jobId", "in", (eb) =>
      eb
        .selectFrom("jobs as j")
        .select("j.jobId")
        .where("j.organisationId", "=", organisationId)
        .where("j.vehicleId", "=", vehicleId),
    )
    .where("e.at", "<=", before.at)
    .where((eb) => eb.or([eb("e.at", "<", before.at), eb("e.eventId", "<", before.id)]))
    .orderBy("e.at", "desc")
    .orderBy("e.eventId", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ eventId, at, body }) => {
    const event = JSON.parse(body) as StageEvent | OutcomeEvent;
    const isEnd = event.type === "outcome";
    const what = isEnd ? `outcome.${event.outcome}` : `${event.stage}.${event.kind}`;
    const ecu = isEnd || event.ecuId === undefined ? "" : ` of ${event.ecuId}`;
    const failure = event.failure ? `: ${event.failure.code}` : "";
    return {
      at,
      id: eventId,
      kind: "step",
      what,
      sentence: `The vehicle told ${what.replace(".", " ")}${ecu}${failure}.`,
      jobId: event.jobId,
    };
  });
}
