import type { Expression, SelectQueryBuilder, SqlBool } from "kysely";
import type { JobStatus } from "../../jobs/schema.ts";
import type { Fleet, SelectionContext, VehicleExpressions } from "./fleet-query.ts";
import type { VehicleStatus } from "./selection.ts";

type Condition = Expression<SqlBool>;
type Jobs = SelectQueryBuilder<Fleet & { j: Fleet["jobs"] }, "v" | "j", object>;

const WAITING: readonly JobStatus[] = ["queued", "offered"];
const OPEN: readonly JobStatus[] = [...WAITING, "active"];
const FAILED: readonly JobStatus[] = ["failed", "rolledBack"];

/** The statuses exclude one another: the first that holds, in the order of VEHICLE_STATUSES. */
export function statusIs(
  eb: VehicleExpressions,
  status: VehicleStatus,
  context: Required<SelectionContext>,
): Condition {
  const hasJob = (statuses: readonly JobStatus[], narrow = (jobs: Jobs): Jobs => jobs): Condition => {
    const jobs = narrow(
      eb
        .selectFrom("jobs as j")
        .where("j.organisationId", "=", context.organisationId)
        .where("j.status", "in", statuses),
    );
    return context.plan === "gather"
      ? eb("v.vehicleId", "in", jobs.select("j.vehicleId"))
      : eb.exists(jobs.select("j.jobId").whereRef("j.vehicleId", "=", "v.vehicleId"));
  };
  const failedLast = (): Condition => hasJob(FAILED, newest);
  const free = eb("v.heldReason", "is", null);
  const quiet = (): Condition[] => [free, eb.not(hasJob(OPEN)), eb.not(failedLast())];
  const conditions: Readonly<Record<VehicleStatus, () => Condition>> = {
    held: () => eb("v.heldReason", "is not", null),
    updating: () => eb.and([free, hasJob(["active"])]),
    waiting: () => eb.and([free, hasJob(WAITING), eb.not(hasJob(["active"]))]),
    failed: () => eb.and([free, failedLast(), eb.not(hasJob(OPEN))]),
    new: () => eb.and([eb("v.lastSeenAt", "is", null), ...quiet()]),
    idle: () => eb.and([eb("v.lastSeenAt", "is not", null), ...quiet()]),
  };
  return conditions[status]();
}

/** No later job of the same vehicle. */
const newest = (jobs: Jobs): Jobs =>
  jobs.where((eb) =>
    eb.not(
      eb.exists(
        eb
          .selectFrom("jobs as later")
          .select("later.jobId")
          .whereRef("later.organisationId", "=", "j.organisationId")
          .whereRef("later.vehicleId", "=", "j.vehicleId")
          .whereRef("later.jobId", ">", "j.jobId"),
      ),
    ),
  );
