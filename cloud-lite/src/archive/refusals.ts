import type { RefusalCode } from "../refusal-code.ts";

/** What leaves the database. */
export const ARCHIVE_REFUSALS = {
  ARCHIVE_DAMAGED: {
    status: 0,
    sentence: "{path} read back has {lines} sound lines in place of {jobs}.",
    help: "Nothing was deleted. Check the disk, then archive to another folder.",
  },
} as const satisfies Record<string, RefusalCode>;
