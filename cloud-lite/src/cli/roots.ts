import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openFolder } from "../data-folder.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import { DIRECTOR_ROOT_REPOSITORY } from "../trust/director-repository.ts";
import { IMAGE_REPOSITORY } from "../trust/image-repository.ts";
import { latestRole } from "../trust/metadata-store.ts";
import { writing } from "./plain-file.ts";
import type { Invocation } from "./invocation.ts";

/** Writes what a vehicle pins (both roots) and what an ECU pins (the public key of the descriptors, hex). */
export async function run({ config, words }: Invocation): Promise<void> {
  const [action, target] = words;
  if (action === "export" && target === undefined) {
    throw new Refusal("WORD_MISSING", { verb: "roots export", what: "the folder to write to" });
  }
  if (action !== "export" || target === undefined) {
    throw new Refusal("VERB_UNKNOWN", { verb: `roots ${words.join(" ")}`.trim() });
  }
  const { db, signers } = await openFolder(config, Date.now);
  try {
    const root = async (repository: string): Promise<string> =>
      (await latestRole({ tx: db, organisationId: DEFAULT_ORGANISATION, repository, at: 0 }, "root"))!.body;
    const files = {
      "image-root.json": await root(IMAGE_REPOSITORY),
      "director-root.json": await root(DIRECTOR_ROOT_REPOSITORY),
      "descriptor-key.hex": `${Buffer.from(signers.descriptor.publicKey).toString("hex")}\n`,
    };
    await writing(target, () => mkdir(target, { recursive: true }));
    for (const [name, content] of Object.entries(files)) {
      const path = join(target, name);
      await writing(path, () => writeFile(path, content));
      console.log(path);
    }
  } finally {
    await db.destroy();
  }
}
