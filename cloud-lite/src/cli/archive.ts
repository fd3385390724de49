import { join } from "node:path";
import { archiveJobs } from "../archive/archive.ts";
import { openFolder } from "../data-folder.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";
import { seal } from "./seal.ts";

const DEFAULT_DAYS = 90;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Moves old jobs and their events out of the database; the cloud may run meanwhile. */
export async function run({ config, words, options }: Invocation): Promise<void> {
  const days = options["older-than-days"] ?? String(DEFAULT_DAYS);
  if (!/^\d{1,5}$/.test(days) || words.length > 1) {
    const reason = "`cloud archive` takes one folder, and --older-than-days a number";
    throw new Refusal("OPTION_INVALID", { verb: "archive", reason });
  }
  const opened = await openFolder(config, Date.now);
  const { db } = opened;
  try {
    const at = Date.now();
    const { file, jobs, events } = await archiveJobs({
      db,
      organisationId: DEFAULT_ORGANISATION,
      folder: words[0] ?? join(config.data, "archive"),
      at,
      before: at - Number(days) * DAY_MS,
    });
    await seal(config.data, opened);
    if (file === undefined) console.log(`No jobs have ended more than ${days} days ago.`);
    else
      console.log(`${jobs} jobs and ${events} events are in ${file} now, and not in the database any more.`);
  } finally {
    await db.destroy();
  }
}
