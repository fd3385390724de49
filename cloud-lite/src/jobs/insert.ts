import { v7 as uuidv7 } from "uuid";
import type { Assignment } from "../campaigns/rules.ts";
import type { Database } from "../db/database.ts";
import type { EcuRow } from "../vehicles/store.ts";

/** A job to be: one vehicle's part in a campaign. */
export interface NewJob {
  readonly organisationId: string;
  readonly at: number;
  readonly campaignId: string;
  readonly phaseId: string;
  readonly releaseId: string;
  readonly vehicleId: string;
  readonly attempt: number;
  /** Place in the queue of a paced phase; null: may come at once. */
  readonly turn: number | null;
  readonly ecus: readonly Assignment<EcuRow>[];
}

/** Rows in one statement: SQLite takes 32,766 parameters. */
const ROWS_AT_ONCE = 500;

/** Makes many jobs at once. */
export async function insertJobs(tx: Database, jobs: readonly NewJob[]): Promise<void> {
  const made = jobs.map(({ ecus, at, ...job }) => ({
    row: { ...job, jobId: uuidv7(), status: "queued" as const, createdAt: at },
    ecus,
  }));
  for (const some of chunks(made)) {
    await tx
      .insertInto("jobs")
      .values(some.map(({ row }) => row))
      .execute();
  }
  const ecuRows = made.flatMap(({ row: { organisationId, jobId }, ecus }) =>
    ecuRowsOf(organisationId, jobId, ecus),
  );
  for (const rows of chunks(ecuRows)) await tx.insertInto("jobEcus").values(rows).execute();
}

/** Gives a job that was not offered yet other images, or other ECUs. */
export async function replaceEcus(
  tx: Database,
  organisationId: string,
  jobId: string,
  ecus: readonly Assignment<EcuRow>[],
): Promise<void> {
  await tx
    .deleteFrom("jobEcus")
    .where("organisationId", "=", organisationId)
    .where("jobId", "=", jobId)
    .execute();
  await tx
    .insertInto("jobEcus")
    .values(ecuRowsOf(organisationId, jobId, ecus))
    .execute();
}

const ecuRowsOf = (organisationId: string, jobId: string, ecus: readonly Assignment<EcuRow>[]) =>
  ecus.map(({ ecu, image }, position) => ({
    organisationId,
    jobId,
    ecuId: ecu.ecuId,
    name: ecu.name,
    hardwareId: ecu.hardwareId,
    imageId: image.imageId,
    version: image.version,
    sha256: image.sha256,
    position,
    versionBefore: ecu.version,
    sha256Before: ecu.imageSha256,
  }));

const chunks = <T>(rows: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_AT_ONCE) }, (_, i) =>
    rows.slice(i * ROWS_AT_ONCE, (i + 1) * ROWS_AT_ONCE),
  );
