import type { Event } from "@halfshaft/ota-format";
import type { Vehicle } from "../access/store.ts";
import type { Cloud } from "../cloud.ts";
import { updateJobs } from "../jobs/update.ts";
import { observeSteps } from "../plugins/metrics.ts";
import { createRateWindows } from "../plugins/rate-windows.ts";
import { inVehicleTransaction, type Work } from "../plugins/writes.ts";
import { Refusal } from "../refusals.ts";
import { noteHeartbeat } from "../vehicles/presence/presence-sweep.ts";
import { insertEvents } from "./store.ts";

/** A batch of one vehicle. */
export interface EventReport {
  readonly actor: Vehicle;
  readonly requestId: string;
  readonly events: readonly Event[];
}

export interface ReportResult {
  readonly accepted: number;
  readonly duplicates: number;
}

/** Takes in events, by whichever way they came. */
export interface Intake {
  /**
   * @returns when the events are stored for good.
   * @throws {Refusal} TELEMETRY_BUSY, or TELEMETRY_QUOTA once the vehicle's outcomes are stored
   */
  take(report: EventReport): Promise<ReportResult>;
  /** As `take`, but waits for room rather than refuse: where whoever sends hears nothing until then. */
  takeInTurn(report: EventReport): Promise<ReportResult>;
}

/** After which a vehicle that was refused may try again. */
export const BUSY_RETRY_S = 2;
const HOUR_MS = 60 * 60 * 1000;
/** Events of one transaction: enough to share the price of its commit, few enough that nobody waits long. */
const GROUP_EVENTS = 2000;

interface Waiting extends EventReport {
  readonly resolve: (result: ReportResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One queue of events for all vehicles. While a transaction is on its way, what comes meanwhile gathers and shares the
 * next one; the queue is bounded, and beyond it vehicles are told to come again, for they keep what they report.
 */
export function createIntake(cloud: () => Cloud, maxWaiting: number, quota: number): Intake {
  const queue: Waiting[] = [];
  const forRoom: (() => void)[] = [];
  let waiting = 0;
  let isRunning = false;
  const countEvents = createRateWindows(HOUR_MS, () => performance.now());

  const hasRoom = ({ events }: EventReport): boolean =>
    waiting === 0 || waiting + events.length <= maxWaiting;
  const store = (report: EventReport): Promise<ReportResult> =>
    new Promise((resolve, reject) => {
      queue.push({ ...report, resolve, reject });
      waiting += report.events.length;
      if (isRunning) return;
      isRunning = true;
      // Not at once: what arrived in the same turn of the event loop comes along.
      setImmediate(() => void run());
    });
  const run = async (): Promise<void> => {
    for (let group = nextGroup(queue); group.length > 0; group = nextGroup(queue)) {
      await storeGroup(cloud(), group);
      waiting -= group.reduce((sum, { events }) => sum + events.length, 0);
      for (const enter of forRoom.splice(0)) enter();
    }
    isRunning = false;
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

/** The first reports in the queue, of one organisation. */
function nextGroup(queue: Waiting[]): Waiting[] {
  const organisationId = queue[0]?.actor.organisationId;
  let events = 0;
  let end = 0;
  while (end < queue.length && queue[end]!.actor.organisationId === organisationId) {
    events += queue[end]!.events.length;
    if (end > 0 && events > GROUP_EVENTS) break;
    end += 1;
  }
  return queue.splice(0, end);
}

/** What one report does to the transaction must not cost the others theirs: where it fails, each is tried alone. */
async function storeGroup(cloud: Cloud, group: readonly Waiting[]): Promise<void> {
  try {
    const stored = await inVehicleTransaction(cloud, group, (works) => storeReports(cloud, group, works));
    group.forEach((report, index) => report.resolve(resultOf(cloud, report, stored[index]!)));
  } catch (error) {
    if (group.length === 1) return group[0]!.reject(error);
    for (const report of group) await storeGroup(cloud, [report]);
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
