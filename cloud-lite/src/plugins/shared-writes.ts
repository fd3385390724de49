import type { Cloud } from "../cloud.ts";
import { inVehicleTransaction, type VehicleReport, type Work } from "./writes.ts";

export interface SharedWrite<Report, Result> {
  /** Reports of one transaction together: enough to share the price of its commit, few enough that nobody waits long. */
  readonly most: number;
  /** What a report counts of that; left out: one. */
  readonly sizeOf?: (report: Report) => number;
  /** Writes reports, each with a work of its vehicle; what it finds of each, in their order. It may be run again. */
  readonly run: (works: readonly Work[], reports: readonly Report[]) => Promise<readonly Result[]>;
}

interface Waiting<Report, Result> {
  readonly report: Report;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes of many vehicles in transactions that they share: while one is on its way, what comes meanwhile gathers for the
 * next. Where a transaction fails, each of its reports is tried alone, so that none costs the others theirs.
 * @returns takes a report, and resolves once it is stored for good.
 */
export function shareWrites<Report extends VehicleReport, Result>(
  cloud: () => Cloud,
  { most, sizeOf = () => 1, run }: SharedWrite<Report, Result>,
): (report: Report) => Promise<Result> {
  const queue: Waiting<Report, Result>[] = [];
  let isRunning = false;

  const store = async (group: readonly Waiting<Report, Result>[]): Promise<void> => {
    const reports = group.map(({ report }) => report);
    try {
      const results = await inVehicleTransaction(cloud(), reports, (works) => run(works, reports));
      for (const [index, { resolve }] of group.entries()) resolve(results[index]!);
    } catch (error) {
      if (group.length === 1) return group[0]!.reject(error);
      for (const one of group) await store([one]);
    }
  };
  /** The first in the queue, of one organisation. */
  const nextGroup = (): Waiting<Report, Result>[] => {
    const organisationId = queue[0]?.report.actor.organisationId;
    let size = 0;
    let end = 0;
    while (end < queue.length && queue[end]!.report.actor.organisationId === organisationId) {
      size += sizeOf(queue[end]!.report);
      if (end > 0 && size > most) break;
      end += 1;
    }
    return queue.splice(0, end);
  };
  const runAll = async (): Promise<void> => {
    for (let group = nextGroup(); group.length > 0; group = nextGroup()) await store(group);
    isRunning = false;
  };
  return (report) => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    queue.push({ report, resolve, reject });
    if (!isRunning) {
      isRunning = true;
      // Not at once: what arrived in the same turn of the event loop comes along.
      setImmediate(() => void runAll());
    }
    return promise;
  };
}
