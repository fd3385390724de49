import { ADMIN, issueOperatorKey } from "../access/first-operator.ts";
import { appendAudit } from "../audit/store.ts";
import { openFolder } from "../data-folder.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import type { Invocation } from "./invocation.ts";
import { seal } from "./seal.ts";

/** Whoever can write the data folder may make a key: this is also the way back when the first one was lost. */
export async function run({ config, words: [name = ADMIN] }: Invocation): Promise<void> {
  const folder = await openFolder(config, Date.now);
  const { db } = folder;
  const organisationId = DEFAULT_ORGANISATION;
  const at = Date.now();
  try {
    const token = await db.transaction().execute(async (tx) => {
      const issued = await issueOperatorKey(tx, { organisationId, name, label: "command line", at });
      await appendAudit(tx, {
        organisationId,
        at,
        actor: { kind: "operator", id: "command line" },
        requestId: "-",
        note: {
          action: "operator-key.issued",
          subjectKind: "credential",
          subjectId: issued.credentialId,
          payload: { user: name },
        },
      });
      return issued.token;
    });
    await seal(config.data, folder);
    console.log(token);
  } finally {
    await db.destroy();
  }
}
