import { expressionBuilder, type Expression, type SqlBool } from "kysely";
import { archivedCounts } from "../archive/store.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import type { JobStatus } from "../jobs/schema.ts";
import { TAKEN_BACK } from "../jobs/derive.ts";
import { NO_JOBS, type Judged, type Tally } from "./rates.ts";

/** An ECU that does not come back: the vehicle needs a workshop. */
const UNRECOVERABLE = new Set(["CONFIRM_NO_ANSWER"]);

/** A phase whose jobs are to be counted; silence is a matter of its campaign. */
export interface Counted {
  readonly phaseId: string;
  readonly silenceMs: number;
}

export interface Counts {
  readonly tally: Tally;
  /** Of those judged: what no operator has seen and gone on from. What was archived had ended. */
  readonly fresh: Judged;
}

/** How the jobs of phases stand at a time; see `countsOf`. */
export async function talliesOf(
  db: Database,
  organisationId: string,
  at: number,
  phases: readonly Counted[],
): Promise<Map<string, Tally>> {
  const counts = await countsOf(db, organisationId, at, phases);
  return new Map([...counts].map(([phaseId, { tally }]) => [phaseId, tally]));
}

/**
 * How the jobs of phases stand at a time. Reads an index, and of the table only the jobs that are under way. A driver
 * may take days to decide: in consent nobody is silent.
 */
export async function countsOf(
  db: Database,
  organisationId: string,
  at: number,
  phases: readonly Counted[],
): Promise<Map<string, Counts>> {
  const counts = new Map(
    phases.map(({ phaseId }) => [phaseId, { tally: { ...NO_JOBS }, fresh: { ...NO_JOBS } }]),
  );
  if (phases.length === 0) return counts;
  const phaseIds = [...counts.keys()];
  const rows = await db
    .selectFrom("jobs")
    .select((eb) => ["phaseId", "status", "failureCode", "seen", eb.fn.countAll<number>().as("count")])
    .where("organisationId", "=", organisationId)
    .where("phaseId", "in", phaseIds)
    .where("latest", "=", 1)
    .groupBy(["phaseId", "status", "failureCode", "seen"])
    .execute();
  const archived = await archivedCounts(db, organisationId, phaseIds);
  for (const { phaseId, seen, ...group } of [...rows, ...archived.map((one) => ({ ...one, seen: 1 }))]) {
    const { tally, fresh } = counts.get(phaseId)!;
    addTo(tally, group);
    if (seen === 0) addTo(fresh, group);
  }
  for (const { phaseId, silenceMs } of phases) {
    const { tally, fresh } = counts.get(phaseId)!;
    if (tally.active === 0) continue;
    const { silent, freshSilent, blocked } = await underWay(db, organisationId, phaseId, at - silenceMs);
    Object.assign(tally, { silent, blocked });
    fresh.silent = freshSilent;
  }
  return counts;
}

function addTo(
  tally: Record<keyof Tally, number>,
  { status, failureCode, count }: { status: JobStatus; failureCode: string | null; count: number },
): void {
  tally[status] += count;
  if (status === "expired" && failureCode === TAKEN_BACK) tally.takenBack += count;
  if (status === "failed" && failureCode?.startsWith("DOWNLOAD_")) tally.downloadFailed += count;
  if (failureCode !== null && UNRECOVERABLE.has(failureCode)) tally.unrecoverable += count;
}

/** An operator has seen how these phases stand, and goes on: what ended or fell silent by now is seen. */
export async function noteSeen(
  tx: Database,
  organisationId: string,
  at: number,
  phases: readonly Counted[],
): Promise<void> {
  for (const { phaseId, silenceMs } of phases) {
    await tx
      .updateTable("jobs")
      .set({ seen: 1 })
      .where("organisationId", "=", organisationId)
      .where("phaseId", "=", phaseId)
      .where("latest", "=", 1)
      .where("seen", "=", 0)
      .where((eb) =>
        eb.or([
          eb("status", "in", ["succeeded", "failed", "rolledBack"]),
          eb.and([eb("status", "=", "active"), isSilent(at - silenceMs)]),
        ]),
      )
      .execute();
  }
}

/** The condition that an active job was not heard of since a time. */
export const isSilent = (heardBefore: number): Expression<SqlBool> => {
  const eb = expressionBuilder<Tables, "jobs">();
  const isDeciding = eb("stage", "=", "consent");
  return eb.and([eb("heardAt", "<=", heardBefore), eb.or([eb("stage", "is", null), eb.not(isDeciding)])]);
};

async function underWay(db: Database, organisationId: string, phaseId: string, heardBefore: number) {
  const row = await db
    .selectFrom("jobs")
    .select((eb) => {
      const count = (condition: Expression<SqlBool>) =>
        eb.fn.sum<number | null>(eb.case().when(condition).then(1).else(0).end());
      return [
        count(isSilent(heardBefore)).as("silent"),
        count(eb.and([eb("seen", "=", 0), isSilent(heardBefore)])).as("freshSilent"),
        count(eb("blockedBy", "is not", null)).as("blocked"),
      ];
    })
    .where("organisationId", "=", organisationId)
    .where("phaseId", "=", phaseId)
    .where("latest", "=", 1)
    .where("status", "=", "active")
    .executeTakeFirstOrThrow();
  return { silent: row.silent ?? 0, freshSilent: row.freshSilent ?? 0, blocked: row.blocked ?? 0 };
}
