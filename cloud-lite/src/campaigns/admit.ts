import type { Cloud } from "../cloud.ts";
import type { Work } from "../plugins/writes.ts";
import { openOf, type Tally } from "./rates.ts";
import { changePhase, planOf, type PhaseRow } from "./store.ts";
import { admissible, isPaced, RANK_END } from "./who-is-next.ts";

/** A vehicle that does not come for so long loses its place to another. */
const PATIENCE_MS = 15 * 60_000;
const VEHICLES_AT_ONCE = 500;

/** Lets the next vehicles of a paced phase come, in the order of their turns. @returns whether there may be more now */
export async function admitVehicles(
  cloud: Cloud,
  work: Work,
  phase: PhaseRow,
  tally: Tally,
): Promise<boolean> {
  const plan = planOf(phase);
  if (!isPaced(plan) || tally.queued === 0) return false;
  const { tx, organisationId, at } = work;
  const { phaseId } = phase;
  const queued = (jobs = tx.selectFrom("jobs")) =>
    jobs
      .where("organisationId", "=", organisationId)
      .where("phaseId", "=", phaseId)
      .where("status", "=", "queued");
  await tx
    .updateTable("jobs")
    // Behind all that have not been called yet.
    .set({ turn: RANK_END + at, admittedAt: null })
    .where("organisationId", "=", organisationId)
    .where("phaseId", "=", phaseId)
    .where("status", "=", "queued")
    .where("turn", "is", null)
    .where("admittedAt", "<=", at - PATIENCE_MS)
    .execute();
  const { waiting: counted } = await queued()
    .select((eb) => eb.fn.countAll<number>().as("waiting"))
    .where("turn", "is not", null)
    .executeTakeFirstOrThrow();
  const { admit, paceAt } = admissible(plan, {
    at,
    paceAt: phase.paceAt,
    inFlight: openOf(tally) - counted,
    waiting: Math.min(counted, VEHICLES_AT_ONCE),
  });
  if (admit === 0) return false;
  const called = await queued()
    .select(["jobId", "vehicleId"])
    .where("turn", "is not", null)
    .orderBy("turn")
    .orderBy("jobId")
    .limit(admit)
    .execute();
  await tx
    .updateTable("jobs")
    .set({ turn: null, admittedAt: at })
    .where("organisationId", "=", organisationId)
    .where(
      "jobId",
      "in",
      called.map(({ jobId }) => jobId),
    )
    .execute();
  await changePhase(tx, phase, { paceAt });
  work.afterCommit(() => cloud.campaigns.wakeVehicles(called.map(({ vehicleId }) => vehicleId)));
  return admit === VEHICLES_AT_ONCE;
}
