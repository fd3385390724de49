import { databaseOf, isInitialised, requireCloud } from "../data-folder.ts";
import { isPostgresUrl } from "../db/engine.ts";
import { migrationsOf } from "../db/migrate.ts";
import { connect, openDatabase } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";

/** Brings the schema up to date before the first instance of a new version starts, or says how it stands. */
export async function run({ config, words: [action, ...more] }: Invocation): Promise<void> {
  if ((action !== undefined && action !== "status") || more.length > 0) {
    throw new Refusal("VERB_UNKNOWN", { verb: `migrate ${[action, ...more].join(" ")}` });
  }
  const place = databaseOf(config);
  // Before the first instance there is a database, and no folder yet.
  if (!isPostgresUrl(place) || (await isInitialised(config.data))) await requireCloud(config);
  const db =
    action === "status" ? await connect(place, 2) : await openDatabase(place, Date.now, { connections: 2 });
  try {
    for (const { name, executedAt } of await migrationsOf(db)) {
      console.log(`${name.padEnd(28)}${executedAt ? executedAt.toISOString() : "to be carried out"}`);
    }
  } finally {
    await db.destroy();
  }
}
