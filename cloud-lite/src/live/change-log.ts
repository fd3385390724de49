import type { Scope } from "../access/grants.ts";
import type { Database } from "../db/database.ts";
import type { LocatedChange, LocatedProgress, Progress } from "./change.ts";

/** Changes after `seq`, oldest first, at most `limit`: the audit log, joined with what it is about. */
export async function changesAfter(
  db: Database,
  organisationId: string,
  seq: number,
  limit: number,
): Promise<LocatedChange[]> {
  const rows = await db
    .selectFrom("auditEntries as e")
    .leftJoin("auditPayloads as p", (join) =>
      join.onRef("p.auditId", "=", "e.auditId").onRef("p.organisationId", "=", "e.organisationId"),
    )
    .select([
      "e.seq",
      "e.at",
      "e.action",
      "e.subjectKind",
      "e.subjectId",
      "e.actorKind",
      "e.actorId",
      "p.payload",
    ])
    .where("e.organisationId", "=", organisationId)
    .where("e.seq", ">", seq)
    .orderBy("e.seq")
    .limit(limit)
    .execute();
  const subjects = (kind: string): string[] => [
    ...new Set(rows.filter((row) => row.subjectKind === kind).map((row) => row.subjectId)),
  ];
  const jobs = await jobsById(db, organisationId, subjects("job"));
  const vehicles = await vehiclesById(db, organisationId, [
    ...new Set([...subjects("vehicle"), ...[...jobs.values()].map((job) => job.vehicleId)]),
  ]);
  const reaches = await reachesById(db, organisationId, subjects("campaign"));
  return rows.map((row) => {
    const job = row.subjectKind === "job" ? jobs.get(row.subjectId) : undefined;
    const vehicleId = row.subjectKind === "vehicle" ? row.subjectId : job?.vehicleId;
    const campaignId = row.subjectKind === "campaign" ? row.subjectId : job?.campaignId;
    const vehicle = vehicleId === undefined ? undefined : vehicles.get(vehicleId);
    const reach = row.subjectKind === "campaign" ? reaches.get(row.subjectId) : undefined;
    return {
      seq: row.seq,
      at: row.at,
      action: row.action,
      subject: { kind: row.subjectKind, id: row.subjectId },
      ...(vehicleId === undefined ? {} : { vehicleId }),
      ...(campaignId === undefined ? {} : { campaignId }),
      change: row.payload === null ? null : (JSON.parse(row.payload) as unknown),
      actor: { kind: row.actorKind, id: row.actorId },
      region: vehicle?.region ?? null,
      model: vehicle?.model ?? null,
      ...(reach === undefined ? {} : { reach }),
    };
  });
}

/** Where the vehicles of these jobs are. */
export async function locate(
  db: Database,
  organisationId: string,
  progress: readonly Progress[],
): Promise<LocatedProgress[]> {
  const vehicles = await vehiclesById(db, organisationId, [...new Set(progress.map((of) => of.vehicleId))]);
  return progress.map((of) => {
    const vehicle = vehicles.get(of.vehicleId);
    return { ...of, region: vehicle?.region ?? null, model: vehicle?.model ?? null };
  });
}

/** The oldest and newest `seq` that are kept; 0 and 0 where there is nothing. */
export async function changeRange(
  db: Database,
  organisationId: string,
): Promise<{ oldest: number; newest: number }> {
  const row = await db
    .selectFrom("auditEntries")
    .select((eb) => [
      eb.fn.min<number | null>("seq").as("oldest"),
      eb.fn.max<number | null>("seq").as("newest"),
    ])
    .where("organisationId", "=", organisationId)
    .executeTakeFirst();
  return { oldest: row?.oldest ?? 0, newest: row?.newest ?? 0 };
}

async function jobsById(db: Database, organisationId: string, jobIds: readonly string[]) {
  if (jobIds.length === 0) return new Map<string, { vehicleId: string; campaignId: string }>();
  const rows = await db
    .selectFrom("jobs")
    .select(["jobId", "vehicleId", "campaignId"])
    .where("organisationId", "=", organisationId)
    .where("jobId", "in", jobIds)
    .execute();
  return new Map(rows.map((row) => [row.jobId, row]));
}

async function reachesById(db: Database, organisationId: string, campaignIds: readonly string[]) {
  if (campaignIds.length === 0) return new Map<string, Scope[]>();
  const rows = await db
    .selectFrom("campaigns")
    .select(["campaignId", "scopes"])
    .where("organisationId", "=", organisationId)
    .where("campaignId", "in", campaignIds)
    .execute();
  return new Map(rows.map((row) => [row.campaignId, JSON.parse(row.scopes) as Scope[]]));
}

async function vehiclesById(db: Database, organisationId: string, vehicleIds: readonly string[]) {
  if (vehicleIds.length === 0) return new Map<string, { region: string | null; model: string | null }>();
  const rows = await db
    .selectFrom("vehicles")
    .select(["vehicleId", "region", "model"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "in", vehicleIds)
    .execute();
  return new Map(rows.map((row) => [row.vehicleId, row]));
}
