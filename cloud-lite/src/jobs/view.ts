import type { OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import { covers, type Scope } from "../access/grants.ts";
import type { Database } from "../db/database.ts";
import { Refusal } from "../refusals.ts";
import { eventsOfJob } from "../telemetry/store.ts";
import { ecusOf, present } from "../vehicles/store.ts";
import { orderEvents, stageFacts } from "./derive.ts";
import type { Job, TimelineEntry } from "./schema.ts";
import { waitingReasons } from "./waiting.ts";
import { getJobRow, jobEcus, jobSummary, type JobRow } from "./store.ts";

/**
 * A job with its ECUs, the stages of each, and what happened when.
 * @throws {Refusal} JOB_UNKNOWN, also where its vehicle is beyond the scopes
 */
export async function readJob(
  db: Database,
  given: { organisationId: string; jobId: string; scopes: readonly Scope[]; at: number },
): Promise<Job> {
  const { organisationId, jobId, scopes, at } = given;
  const row = await getJobRow(db, organisationId, jobId);
  const vehicle = await db
    .selectFrom("vehicles")
    .select(["region", "model"])
    .where("organisationId", "=", organisationId)
    .where("vehicleId", "=", row.vehicleId)
    .executeTakeFirst();
  if (!covers(scopes, vehicle ?? {})) throw new Refusal("JOB_UNKNOWN", { jobId });
  const waiting = await waitingReasons(db, organisationId, [row], at);
  const events = orderEvents(row, await eventsOfJob(db, organisationId, row.vehicleId, jobId));
  const reported = await ecusOf(db, organisationId, [row.vehicleId]);
  const ecus = await jobEcus(db, organisationId, jobId);
  return {
    ...jobSummary(row, waiting.get(jobId)),
    ecus: ecus.map((ecu) => {
      const now = reported.find((candidate) => candidate.ecuId === ecu.ecuId);
      return {
        ...present({
          ecuId: ecu.ecuId,
          name: ecu.name,
          hardwareId: ecu.hardwareId,
          version: ecu.version,
          sha256: ecu.sha256,
          versionBefore: ecu.versionBefore,
          sha256Before: ecu.sha256Before,
          reportedVersion: now?.version ?? null,
          reportedSha256: now?.imageSha256 ?? null,
        }),
        runsNewVersion:
          now?.imageSha256 === ecu.sha256 || (now?.imageSha256 === null && now.version === ecu.version),
        stages: stageFacts(events, ecu.ecuId),
      };
    }),
    stages: stageFacts(events, undefined),
    timeline: timeline(row, events),
  };
}

function timeline(row: JobRow, events: readonly (StageEvent | OutcomeEvent)[]): TimelineEntry[] {
  const entries: TimelineEntry[] = [{ at: row.createdAt, what: "queued" }];
  if (row.offeredAt !== null) entries.push({ at: row.offeredAt, what: "offered" });
  for (const event of events) entries.push(entryOf(event));
  if (row.withdrawnAt !== null) entries.push({ at: row.withdrawnAt, what: "offer taken back" });
  return entries;
}

function entryOf(event: StageEvent | OutcomeEvent): TimelineEntry {
  const { at } = event;
  if (event.type === "outcome") return { at, what: `ended: ${event.outcome}` };
  const ecu = event.ecuId === undefined ? {} : { ecuId: event.ecuId };
  if (event.kind === "decision") return { at, what: `decided: ${event.decision ?? "?"}`, ...ecu };
  return { at, what: `${event.stage} ${event.kind}`, ...ecu };
}
