import type { OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import type { Database } from "../db/open.ts";
import { eventsOfJob } from "../telemetry/store.ts";
import { ecusOf, present } from "../vehicles/store.ts";
import { orderEvents, stageFacts } from "./derive.ts";
import type { Job, TimelineEntry } from "./schema.ts";
import { getJobRow, jobEcus, jobSummary, type JobRow } from "./store.ts";

/** A job with its ECUs, the stages of each, and what happened when. */
export async function readJob(db: Database, organisationId: string, jobId: string): Promise<Job> {
  const row = await getJobRow(db, organisationId, jobId);
  const events = orderEvents(row, await eventsOfJob(db, organisationId, row.vehicleId, jobId));
  const reported = await ecusOf(db, organisationId, [row.vehicleId]);
  const ecus = await jobEcus(db, organisationId, jobId);
  return {
    ...jobSummary(row),
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
