import type { JobStatus } from "./schema.ts";

/** What a job is as long as it has not ended. */
export const OPEN: readonly JobStatus[] = ["queued", "offered", "active"];
