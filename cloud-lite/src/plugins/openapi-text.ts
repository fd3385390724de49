import { buildApp } from "../app.ts";
import { assembleCloud } from "../assemble.ts";
import { artifactFolder } from "../artifacts/store.ts";
import { DEFAULTS } from "../config.ts";
import { openDatabase } from "../db/open.ts";
import { Refusal } from "../refusals.ts";
import { ephemeralSigners } from "../trust/keys.ts";
import { openApiDocument } from "./openapi.ts";

/** The OpenAPI document as it is checked in: made from the routes of a cloud that serves nobody. */
export async function openApiText(): Promise<string> {
  const db = await openDatabase(":memory:", Date.now);
  const cloud = assembleCloud({
    config: DEFAULTS,
    now: Date.now,
    db,
    artifacts: artifactFolder(""),
    signers: ephemeralSigners(),
    deltaCreator: () => {
      throw new Refusal("NOT_READY", { reason: "this cloud makes no deltas" });
    },
    wakeUp: () => undefined,
    onError: () => undefined,
  });
  const app = await buildApp(cloud);
  const text = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
  await app.close();
  await db.destroy();
  return text;
}
