import { archivedCounts } from "../archive/store.ts";
import type { Database } from "../db/open.ts";
import { NO_JOBS, type Tally } from "./rates.ts";

/** An ECU that does not come back: the vehicle needs a workshop. */
const UNRECOVERABLE = new Set(["CONFIRM_NO_ANSWER"]);

/** A phase whose jobs are to be counted; silence is a matter of its campaign. */
export interface Counted {
  readonly phaseId: string;
  readonly silenceMs: number;
}

/**
 * How the jobs of phases stand at a time. Reads an index, and of the table only the jobs that are under way. A driver
 * may take days to decide: in consent nobody is silent.
 */
export async function talliesOf(
  db: Database,
  organisationId: string,
  at: number,
  phases: readonly Counted[],
): Promise<Map<string, Tally>> {
  const tallies = new Map<string, Record<keyof Tally, number>>(
    phases.map(({ phaseId }) => [phaseId, { ...NO_JOBS }]),
  );
  if (phases.length === 0) return tallies;
  const rows = await db
    .selectFrom("jobs")
    .select((eb) => ["phaseId", "status", "failureCode", eb.fn.countAll<number>().as("count")])
    .where("organisationId", "=", organisationId)
    .where("phaseId", "in", [...tallies.keys()])
    .where("latest", "=", 1)
    .groupBy(["phaseId", "status", "failureCode"])
    .execute();
  const archived = await archivedCounts(db, organisationId, [...tallies.keys()]);
  for (const { phaseId, status, failureCode, count } of [...rows, ...archived]) {
    const tally = tallies.get(phaseId)!;
    tally[status] += count;
    if (status === "failed" && failureCode?.startsWith("DOWNLOAD_")) tally.downloadFailed += count;
    if (failureCode !== null && UNRECOVERABLE.has(failureCode)) tally.unrecoverable += count;
  }
  for (const { phaseId, silenceMs } of phases) {
    const tally = tallies.get(phaseId)!;
    if (tally.active > 0) Object.assign(tally, await underWay(db, organisationId, phaseId, at - silenceMs));
  }
  return tallies;
}

async function underWay(db: Database, organisationId: string, phaseId: string, heardBefore: number) {
  const row = await db
    .selectFrom("jobs")
    .select((eb) => [
      eb.fn
        .sum<number | null>(
          eb
            .case()
            .when(
              eb.and([
                eb("heardAt", "<=", heardBefore),
                eb.or([eb("stage", "is", null), eb("stage", "!=", "consent")]),
              ]),
            )
            .then(1)
            .else(0)
            .end(),
        )
        .as("silent"),
      eb.fn
        .sum<number | null>(eb.case().when("blockedBy", "is not", null).then(1).else(0).end())
        .as("blocked"),
    ])
    .where("organisationId", "=", organisationId)
    .where("phaseId", "=", phaseId)
    .where("latest", "=", 1)
    .where("status", "=", "active")
    .executeTakeFirstOrThrow();
  return { silent: row.silent ?? 0, blocked: row.blocked ?? 0 };
}
