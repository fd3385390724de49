import type { Scope } from "../access/grants.ts";
import type { Database } from "../db/database.ts";
import { JOB_STATUSES } from "../jobs/schema.ts";
import { inScope } from "../vehicles/scope.ts";
import { SKIP_REASONS, type Campaign, type Phase } from "./schema.ts";
import { targetWithin } from "./targeting.ts";

type PhaseJobs = Phase["jobs"];

interface PartContext {
  readonly organisationId: string;
  /** Which vehicles the reader may see. */
  readonly scopes: readonly Scope[];
  /** UTC ms. */
  readonly at: number;
}

/**
 * A campaign as somebody sees it who may see some of its vehicles: with the names and numbers of those alone, and
 * without what was found out about all of them.
 */
export async function partOf(db: Database, campaign: Campaign, context: PartContext): Promise<Campaign> {
  const jobs = await jobsWithin(db, campaign, context);
  const phases: Phase[] = [];
  for (const phase of campaign.phases) {
    const { criteria } = phase;
    phases.push({
      ...phase,
      ...(criteria === undefined ? {} : { criteria: await targetWithin(db, criteria, context) }),
      jobs: jobs.get(phase.phaseId) ?? none(),
      waitsFor: [],
    });
  }
  const { haltedFor: _, ...rest } = campaign;
  return {
    ...rest,
    partial: true,
    target: await targetWithin(db, campaign.target, context),
    phases,
    jobs: numbers(JOB_STATUSES, (status) => phases.reduce((sum, phase) => sum + phase.jobs[status], 0)),
    skipped: numbers(SKIP_REASONS, () => 0),
  };
}

const none = (): PhaseJobs => numbers([...JOB_STATUSES, "silent", "blocked"], () => 0);

const numbers = <K extends string>(keys: readonly K[], numberOf: (key: K) => number): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, numberOf(key)])) as Record<K, number>;

/** By phase, the latest attempt of each vehicle that the scopes cover; archived jobs are of no vehicle any more. */
async function jobsWithin(
  db: Database,
  { campaignId, silenceMs }: Campaign,
  { organisationId, scopes, at }: PartContext,
): Promise<Map<string, PhaseJobs>> {
  const rows = await db
    .selectFrom("jobs as j")
    .innerJoin("vehicles as v", (join) =>
      join.onRef("v.organisationId", "=", "j.organisationId").onRef("v.vehicleId", "=", "j.vehicleId"),
    )
    .select((eb) => {
      const heardBefore = at - (silenceMs ?? 0);
      const isSilent = eb.and([
        eb("j.heardAt", "<=", heardBefore),
        eb.or([eb("j.stage", "is", null), eb("j.stage", "!=", "consent")]),
      ]);
      const count = (condition: typeof isSilent) =>
        eb.fn.sum<number>(eb.case().when(condition).then(1).else(0).end());
      return [
        "j.phaseId",
        "j.status",
        eb.fn.countAll<number>().as("count"),
        count(isSilent).as("silent"),
        count(eb.and([eb("j.blockedBy", "is not", null)])).as("blocked"),
      ];
    })
    .where("j.organisationId", "=", organisationId)
    .where("j.campaignId", "=", campaignId)
    .where("j.latest", "=", 1)
    .where((eb) => inScope(eb, scopes))
    .groupBy(["j.phaseId", "j.status"])
    .execute();
  const counted = new Map<string, PhaseJobs>();
  for (const { phaseId, status, count, silent, blocked } of rows) {
    const jobs = counted.get(phaseId) ?? none();
    jobs[status] = count;
    if (status === "active") Object.assign(jobs, { silent, blocked });
    counted.set(phaseId, jobs);
  }
  return counted;
}
