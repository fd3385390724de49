import type { Event } from "@halfshaft/ota-format";
import type { Cloud, Intake } from "../cloud.ts";
import { noteWaiting, updateJobs } from "../jobs/update.ts";
import { observeSteps } from "../plugins/metrics.ts";
import { createRateWindows } from "../plugins/rate-windows.ts";
import { shareWrites } from "../plugins/shared-writes.ts";
import type { Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { noteHeartbeat } from "../vehicles/presence/presence-sweep.ts";
import type { EventReport, ReportResult } from "./reports.ts";
import { insertEvents } from "./store.ts";

/** After which a vehicle that was refused may try again. */
export const BUSY_RETRY_S = 2;
const HOUR_MS = 60 * 60 * 1000;
/** Events of one transaction. */
const GROUP_EVENTS = 2000;

/**
 * The telemetry of all vehicles. What waits to be stored is bounded, and beyond it vehicles are told to come again, for
 * they keep what they report.
 */
export function createIntake(cloud: () => Cloud, maxWaiting: number, quota: number): Intake {
  const forRoom: (() => void)[] = [];
  let waiting = 0;
  const countEvents = createRateWindows(HOUR_MS, () => performance.now());
  const storeShared = shareWrites<EventReport, Event[]>(cloud, {
    most: GROUP_EVENTS,
    sizeOf: ({ events }) => events.length,
    run: (works, reports) => storeReports(cloud(), reports, works),
  });

  const hasRoom = ({ events }: EventReport): boolean =>
    waiting === 0 || waiting + events.length <= maxWaiting;
  const store = async (report: EventReport): Promise<ReportResult> => {
    waiting += report.events.length;
    try {
      return resultOf(cloud(), report, await storeShared(report));
    } finally {
      waiting -= report.events.length;
      for (const enter of forRoom.splice(0)) enter();
    }
  };
  /** Outcomes are stored even where the vehicle has no quota left: the truth about a job must not wait for an hour. */
  const withinQuota = async (report: EventReport): Promise<ReportResult> => {
    const { actor, events } = report;
    const vehicle = cloud().vehicleNumbers.of(actor.organisationId, actor.vehicleId);
    const { count, retryAfterMs } = countEvents(vehicle, quota, events.length);
    if (count - events.length < quota) return store(report);
    const outcomes = events.filter(({ type }) => type === "outcome");
    if (outcomes.length === events.length) return store(report);
    if (outcomes.length > 0) await store({ ...report, events: outcomes });
    throw new RetryLater(
      "TELEMETRY_QUOTA",
      { vehicleId: actor.vehicleId, quota },
      Math.ceil(retryAfterMs / 1000),
    );
  };
  return {
    async take(report) {
      if (!hasRoom(report)) throw new RetryLater("TELEMETRY_BUSY", { waiting }, BUSY_RETRY_S);
      return withinQuota(report);
    },
    async takeInTurn(report) {
      while (!hasRoom(report)) await new Promise<void>((enter) => forRoom.push(enter));
      return withinQuota(report);
    },
  };
}

/** A refusal that says when to come again. */
export class RetryLater extends Refusal {
  readonly retryAfterS: number;
  constructor(
    code: "TELEMETRY_BUSY" | "TELEMETRY_QUOTA",
    operands: Refusal["operands"],
    retryAfterS: number,
  ) {
    super(code, operands);
    this.retryAfterS = retryAfterS;
  }
}

/** @returns the new events of each report. */
async function storeReports(
  cloud: Cloud,
  group: readonly EventReport[],
  works: readonly Work[],
): Promise<Event[][]> {
  const fresh = await insertEvents(works[0]!.tx, works[0]!.at, group);
  for (const [index, events] of fresh.entries()) {
    const jobIds = events.flatMap((event) => (event.type === "heartbeat" ? [] : [event.jobId]));
    if (jobIds.length > 0) await updateJobs(cloud, works[index]!, jobIds);
    const busyWith = events.flatMap((event) => (event.type === "heartbeat" ? (event.jobId ?? []) : []));
    if (busyWith.length > 0) await noteWaiting(works[index]!, group[index]!.actor.vehicleId, busyWith);
    const beat = events.findLast((event) => event.type === "heartbeat");
    if (beat?.intervalMs !== undefined) {
      await noteHeartbeat(works[index]!, group[index]!.actor.vehicleId, beat.intervalMs);
    }
  }
  return fresh;
}

function resultOf(cloud: Cloud, { actor, events }: EventReport, fresh: readonly Event[]): ReportResult {
  observeSteps(cloud.metrics, fresh);
  cloud.tracing.vehicleEvents(actor.vehicleId, fresh);
  const result = { accepted: fresh.length, duplicates: events.length - fresh.length };
  cloud.metrics.events.inc({ result: "accepted" }, result.accepted);
  cloud.metrics.events.inc({ result: "duplicate" }, result.duplicates);
  return result;
}
