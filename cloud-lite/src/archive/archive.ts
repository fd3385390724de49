import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { appendAudit } from "../audit/store.ts";
import type { Database } from "../db/database.ts";
import { inOneTransaction } from "../db/transaction.ts";
import { onDisk } from "../disk.ts";
import { Refusal } from "../refusals.ts";
import {
  campaignsEndedBefore,
  deleteJobs,
  endedJobs,
  JOBS_AT_ONCE,
  type ArchivedJob,
  type WholeJob,
} from "./store.ts";

export interface ArchiveOptions {
  readonly db: Database;
  readonly organisationId: string;
  /** Where archives go. */
  readonly folder: string;
  readonly at: number;
  /** Jobs go that ended before this time, of campaigns that did too. */
  readonly before: number;
}

export interface Archived {
  /** Absent where there was nothing to archive. */
  readonly file?: string;
  readonly jobs: number;
  readonly events: number;
}

/**
 * Moves old jobs and their events to a file of JSON lines, compressed by gzip, one job a line. Rows are deleted, a few
 * at a time, once the file is synced and was read back; the audit log stays, and says what went where.
 * @throws {Refusal} FILE_UNWRITABLE, or ARCHIVE_DAMAGED where the file does not say what was written; then nothing is
 *   deleted
 */
export async function archiveJobs(options: ArchiveOptions): Promise<Archived> {
  const { db, organisationId, folder, at } = options;
  const { file, sha256, archived } = await onDisk("FILE_UNWRITABLE", folder, () => writeArchive(options));
  if (archived.length === 0) return { jobs: 0, events: 0 };
  let jobs = 0;
  for (let from = 0; from < archived.length; from += JOBS_AT_ONCE) {
    const some = archived.slice(from, from + JOBS_AT_ONCE);
    jobs += await inOneTransaction(db, async (tx) => {
      const deleted = await deleteJobs(tx, organisationId, some);
      await appendAudit(tx, {
        organisationId,
        at,
        actor: { kind: "cloud", id: "archive" },
        requestId: "-",
        note: {
          action: "jobs.archived",
          subjectKind: "archive",
          subjectId: sha256,
          payload: { file, jobs: deleted },
        },
      });
      return deleted;
    });
  }
  return { file, jobs, events: archived.reduce((sum, { events }) => sum + events, 0) };
}

interface Written {
  readonly file: string;
  /** Of its lines. */
  readonly sha256: string;
  /** Where nothing was, there is no file. */
  readonly archived: readonly ArchivedJob[];
}

async function writeArchive(options: ArchiveOptions): Promise<Written> {
  const { db, organisationId, folder, at, before } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `jobs-${new Date(at).toISOString().replaceAll(/[-:.]/g, "")}.jsonl.gz`);
  const unfinished = `${file}.unfinished`;
  const archived: ArchivedJob[] = [];
  const digest = createHash("sha256");
  const lines = async function* lines(): AsyncGenerator<string> {
    for await (const whole of wholeJobs(db, organisationId, before)) {
      const line = `${JSON.stringify(whole)}\n`;
      digest.update(line);
      archived.push({ jobId: whole.job.jobId, events: whole.events.length });
      yield line;
    }
  };
  try {
    await pipeline(lines, createGzip(), createWriteStream(unfinished, { mode: 0o600 }));
    const sha256 = digest.digest("hex");
    if (archived.length > 0) {
      await sync(unfinished);
      await verify(unfinished, sha256, archived.length);
      await rename(unfinished, file);
      await sync(folder);
    }
    return { file, sha256, archived };
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function* wholeJobs(db: Database, organisationId: string, before: number): AsyncGenerator<WholeJob> {
  for (const campaignId of await campaignsEndedBefore(db, organisationId, before)) {
    let after = "";
    for (;;) {
      const some = await endedJobs(db, organisationId, campaignId, before, after);
      yield* some;
      if (some.length < JOBS_AT_ONCE) break;
      after = some.at(-1)!.job.jobId;
    }
  }
}

/** Reads an archive back. @throws {Refusal} ARCHIVE_DAMAGED */
async function verify(file: string, sha256: string, jobs: number): Promise<void> {
  const digest = createHash("sha256");
  let lines = 0;
  for await (const line of readLines(file)) {
    digest.update(`${line}\n`);
    lines += 1;
  }
  if (lines !== jobs || digest.digest("hex") !== sha256) {
    throw new Refusal("ARCHIVE_DAMAGED", { path: file, lines, jobs });
  }
}

/** The lines of an archive: each is a job as JSON. */
export async function* readLines(file: string): AsyncGenerator<string> {
  const input = createReadStream(file).pipe(createGunzip());
  const reader = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  yield* reader;
  if (!input.readableEnded) await once(input, "end");
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
