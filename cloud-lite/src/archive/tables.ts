import type { Owned } from "../db/columns.ts";
import type { JobStatus } from "../jobs/schema.ts";

interface ArchivedJobsTable extends Owned {
  phaseId: string;
  status: JobStatus;
  /** Empty where it did not fail. */
  failureCode: string;
  /** Of the latest attempts only: these count in rates. */
  count: number;
}

export interface ArchiveTables {
  archivedJobs: ArchivedJobsTable;
}
