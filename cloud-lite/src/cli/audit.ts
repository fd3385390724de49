import { verifyAudit } from "../audit/store.ts";
import { openFolder } from "../data-folder.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./verbs.ts";

export async function run({ config, words }: Invocation): Promise<void> {
  if (words[0] !== "verify") throw new Refusal("VERB_UNKNOWN", { verb: `audit ${words.join(" ")}`.trim() });
  const { db } = await openFolder(config, Date.now);
  try {
    const { entries, broken } = await verifyAudit(db, DEFAULT_ORGANISATION);
    if (broken) throw new Refusal("AUDIT_BROKEN", { ...broken });
    console.log(`${entries} entries, unbroken`);
  } finally {
    await db.destroy();
  }
}
