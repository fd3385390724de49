import { createHash } from "node:crypto";
import type { DesiredState, ReportedState } from "@halfshaft/ota-format";
import { afterNumber, type Page } from "../../db/cursor.ts";
import type { Database } from "../../db/database.ts";
import type { Work } from "../../plugins/writes.ts";
import { Refusal } from "../../refusals.ts";
import {
  ecuConfiguration,
  effectiveState,
  movedSettings,
  type EffectiveState,
  type StateBody,
  type WantedSoftware,
} from "./desired-state-rules.ts";
import { ecusOf } from "../store.ts";

/** Whose desired state it is. */
export interface StateSubject {
  readonly subjectKind: "vehicle" | "group";
  readonly subjectId: string;
}

export interface StateVersion {
  /** From 1; 0: none was written yet. */
  readonly version: number;
  readonly state: StateBody;
  readonly createdAt?: number;
  readonly createdBy?: string;
}

const NONE: StateVersion = { version: 0, state: {} };

/** The version that counts. */
export async function currentState(
  db: Database,
  organisationId: string,
  subject: StateSubject,
): Promise<StateVersion> {
  return (await listStates(db, organisationId, subject, { limit: 1 }))[0] ?? NONE;
}

/** Newest first, one more than the page holds. */
export async function listStates(
  db: Database,
  organisationId: string,
  { subjectKind, subjectId }: StateSubject,
  page: Page,
): Promise<StateVersion[]> {
  const after = afterNumber(page);
  const rows = await db
    .selectFrom("desiredStates")
    .select(["version", "body", "createdAt", "createdBy"])
    .where("organisationId", "=", organisationId)
    .where("subjectKind", "=", subjectKind)
    .where("subjectId", "=", subjectId)
    .$if(after !== undefined, (q) => q.where("version", "<", after!))
    .orderBy("version", "desc")
    .limit(page.limit + 1)
    .execute();
  return rows.map(({ body, ...row }) => ({ ...row, state: JSON.parse(body) as StateBody }));
}

/**
 * Writes the next version, unless the present one says the same; audited before and after.
 * @throws {Refusal} PRECONDITION_FAILED where another write took place at the same moment
 */
export async function putState(
  work: Work,
  subject: StateSubject,
  current: StateVersion,
  state: StateBody,
  createdBy: string,
): Promise<StateVersion> {
  const body = JSON.stringify(state);
  if (current.version > 0 && JSON.stringify(current.state) === body) return current;
  const { tx, organisationId, at: createdAt } = work;
  const version = current.version + 1;
  const written = await tx
    .insertInto("desiredStates")
    .values({ organisationId, ...subject, version, body, createdAt, createdBy })
    .onConflict((conflict) => conflict.doNothing())
    .returning("version")
    .executeTakeFirst();
  // Someone else wrote this version a moment ago.
  if (!written) throw new Refusal("PRECONDITION_FAILED", { etag: `version ${version}` });
  await work.audit({
    action: "desiredState.changed",
    subjectKind: subject.subjectKind,
    subjectId: subject.subjectId,
    payload: { version, before: current.state, after: state },
  });
  return { version, state, createdAt, createdBy };
}

/** @throws {Refusal} DESIRED_SOFTWARE_UNKNOWN for the first that was not released */
export async function checkSoftware(
  db: Database,
  organisationId: string,
  software: StateBody["software"] = {},
): Promise<void> {
  for (const [hardwareId, wanted] of Object.entries(software)) {
    if (await findImage(db, organisationId, hardwareId, wanted)) continue;
    const what = "version" in wanted ? `version ${wanted.version}` : `image of release ${wanted.releaseId}`;
    throw new Refusal("DESIRED_SOFTWARE_UNKNOWN", { hardwareId, what });
  }
}

/**
 * A group's settings are not checked: vehicles come into it and leave it.
 * @throws {Refusal} ECU_UNKNOWN for the first key of settings that is neither an ECU of the vehicle nor known hardware
 */
export async function checkSettings(
  db: Database,
  organisationId: string,
  vehicleId: string,
  settings: NonNullable<StateBody["configuration"]>["ecus"] = {},
): Promise<void> {
  const ecus = await ecusOf(db, organisationId, [vehicleId]);
  const own = new Set(ecus.flatMap(({ ecuId, hardwareId }) => [ecuId, hardwareId]));
  const others = Object.keys(settings).filter((key) => !own.has(key));
  if (others.length === 0) return;
  const rows = await db
    .selectFrom("hardware")
    .select("hardwareId")
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "in", others)
    .execute();
  const hardware = new Set(rows.map(({ hardwareId }) => hardwareId));
  const ecuId = others.find((key) => !hardware.has(key));
  if (ecuId !== undefined) throw new Refusal("ECU_UNKNOWN", { vehicleId, ecuId });
}

/** Settings that name an ECU belong to its place in the vehicle: its successor gets them, whoever wrote them. */
export async function carrySettings(
  work: Work,
  vehicleId: string,
  former: { readonly ecuId: string; readonly hardwareId: string },
  successorId: string,
  by: string,
): Promise<void> {
  // Such a key means all ECUs of the hardware; and with its own serial an ECU has its settings already.
  if (former.ecuId === former.hardwareId || former.ecuId === successorId) return;
  const groups = await work.tx
    .selectFrom("vehicleGroups")
    .select("groupName")
    .where("organisationId", "=", work.organisationId)
    .where("vehicleId", "=", vehicleId)
    .orderBy("groupName")
    .execute();
  const subjects: StateSubject[] = [
    { subjectKind: "vehicle", subjectId: vehicleId },
    ...groups.map(({ groupName }) => ({ subjectKind: "group", subjectId: groupName }) as const),
  ];
  for (const subject of subjects) {
    const current = await currentState(work.tx, work.organisationId, subject);
    const moved = movedSettings(current.state, former.ecuId, successorId);
    if (moved) await putState(work, subject, current, moved, by);
  }
}

/** The published image that is wanted for a hardware. */
export async function findImage(
  db: Database,
  organisationId: string,
  hardwareId: string,
  wanted: WantedSoftware,
): Promise<{ version: string; sha256: string; releaseId: string } | undefined> {
  return db
    .selectFrom("images")
    .select(["version", "sha256", "releaseId"])
    .where("organisationId", "=", organisationId)
    .where("hardwareId", "=", hardwareId)
    .where("published", "=", 1)
    .$if("version" in wanted, (q) => q.where("version", "=", (wanted as { version: string }).version))
    .$if("releaseId" in wanted, (q) => q.where("releaseId", "=", (wanted as { releaseId: string }).releaseId))
    .executeTakeFirst();
}

/** All that is wanted of a vehicle, and since when the youngest part of it. */
export async function readEffective(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<EffectiveState & { since: number | null }> {
  const groups = await db
    .selectFrom("desiredStates as s")
    .innerJoin("vehicleGroups as g", (join) =>
      join.onRef("g.organisationId", "=", "s.organisationId").onRef("g.groupName", "=", "s.subjectId"),
    )
    .select(["s.subjectId as name", "s.version", "s.body", "s.createdAt"])
    .where("s.organisationId", "=", organisationId)
    .where("s.subjectKind", "=", "group")
    .where("g.vehicleId", "=", vehicleId)
    .where((eb) =>
      eb(
        "s.version",
        "=",
        eb
          .selectFrom("desiredStates as newest")
          .select((max) => max.fn.max("newest.version").as("version"))
          .whereRef("newest.organisationId", "=", "s.organisationId")
          .whereRef("newest.subjectKind", "=", "s.subjectKind")
          .whereRef("newest.subjectId", "=", "s.subjectId"),
      ),
    )
    .execute();
  const own = await currentState(db, organisationId, { subjectKind: "vehicle", subjectId: vehicleId });
  const times = [...groups.map(({ createdAt }) => createdAt), ...(own.createdAt ? [own.createdAt] : [])];
  const bodies = groups.map(({ name, body }) => ({ name, body: JSON.parse(body) as StateBody }));
  return {
    ...effectiveState(bodies, own.version > 0 ? own.state : undefined),
    since: times.length > 0 ? Math.max(...times) : null,
  };
}

/** As the vehicle gets it. */
export async function readDesiredState(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<DesiredState> {
  const effective = await readEffective(db, organisationId, vehicleId);
  const ecus: DesiredState["ecus"] = [];
  for (const { ecuId, hardwareId } of await ecusOf(db, organisationId, [vehicleId])) {
    const wanted = effective.software[hardwareId];
    const image = wanted && (await findImage(db, organisationId, hardwareId, wanted));
    const configuration = ecuConfiguration(effective, { ecuId, hardwareId });
    ecus.push({ ecuId, hardwareId, ...(image ? { version: image.version } : {}), configuration });
  }
  const state = { configuration: effective.vehicle, ecus };
  return { revision: revisionOf(state), ...state };
}

/** Equal where everything is equal, on every instance. */
const revisionOf = (state: Omit<DesiredState, "revision">): string =>
  createHash("sha256").update(JSON.stringify(state)).digest("base64url").slice(0, 22);

export async function storeReportedState(
  work: Work,
  vehicleId: string,
  report: ReportedState,
): Promise<void> {
  const { tx, organisationId, at: receivedAt } = work;
  const changed = { body: JSON.stringify(report), receivedAt };
  await tx
    .insertInto("reportedStates")
    .values({ organisationId, vehicleId, ...changed })
    .onConflict((conflict) => conflict.columns(["organisationId", "vehicleId"]).doUpdateSet(changed))
    .execute();
}

export async function readReportedState(
  db: Database,
  organisationId: string,
  vehicleId: string,
): Promise<ReportedState | undefined> {
  const row = await db
    .selectFrom("reportedStates")
    .select("body")
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", vehicleId)
    .executeTakeFirst();
  return row && (JSON.parse(row.body) as ReportedState);
}
