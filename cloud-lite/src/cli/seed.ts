import { readFile } from "node:fs/promises";
import { workerDeltaEngine } from "@halfshaft/ota-format/delta";
import { buildApp } from "../app.ts";
import { assembleCloud } from "../assemble.ts";
import type { App } from "../cloud.ts";
import { openFolderAlone, operatorKeyFile } from "../data-folder.ts";
import { Refusal } from "../refusals.ts";
import { deltaCreator } from "../releases/deltas/delta-creator.ts";
import { seedDemonstration, type Send } from "../seed/demonstration.ts";
import type { Invocation } from "./invocation.ts";
import { seal } from "./seal.ts";

const DEFAULT_VEHICLES = 200;
const MOST_VEHICLES = 10_000;
/** Requests a minute: nobody else is asking. */
const NO_LIMIT = 1_000_000;

/** Fills a cloud that is not running, and has no vehicles yet, with a fleet to try things on. */
export async function run({ config, words, options }: Invocation): Promise<void> {
  const text = options.vehicles ?? String(DEFAULT_VEHICLES);
  const vehicles = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (vehicles < 1 || vehicles > MOST_VEHICLES || words.length > 0) {
    const reason = `--vehicles takes a number from 1 to ${MOST_VEHICLES}`;
    throw new Refusal("OPTION_INVALID", { verb: "seed", reason });
  }
  const { db, artifacts, signers, release } = await openFolderAlone(config, Date.now);
  try {
    const found = await db.selectFrom("vehicles").select("vehicleId").limit(1).executeTakeFirst();
    if (found) throw new Refusal("SEED_NOT_EMPTY", { folder: config.data });
    const path = operatorKeyFile(config.data);
    const key = await readFile(path, "utf8").catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Refusal("FILE_UNREADABLE", { path, reason }, { cause });
    });
    const cloud = assembleCloud({
      config: { ...config, operatorRate: NO_LIMIT },
      now: Date.now,
      db,
      artifacts,
      signers,
      deltaCreator: () => deltaCreator(workerDeltaEngine({})),
      wakeUp: () => undefined,
      onError: (error) => console.error(error instanceof Error ? error.message : error),
    });
    const app = await buildApp(cloud);
    const seeded = await seedDemonstration(sendTo(app, key.trim()), vehicles);
    await app.close();
    await cloud.deltas.close();
    await seal(config.data, { db, signers });
    console.log(
      `${seeded.vehicles} vehicles, ${seeded.releases} releases and a campaign as a draft are made.`,
    );
    console.log(`Start the cloud, then the campaign: POST /api/v1/campaigns/${seeded.campaignId}/start`);
  } finally {
    await db.destroy();
    release();
  }
}

const sendTo =
  (app: App, key: string): Send =>
  async (method, path, body) => {
    const isFile = body instanceof Uint8Array;
    const answer = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": isFile ? "application/octet-stream" : "application/json",
      },
      payload: isFile ? Buffer.from(body) : JSON.stringify(body),
    });
    const { data, code, detail } = answer.json<{ data?: unknown; code?: string; detail?: string }>();
    if (data === undefined) throw new Refusal("SEED_REFUSED", { path, reason: `${code}: ${detail}` });
    return data;
  };
