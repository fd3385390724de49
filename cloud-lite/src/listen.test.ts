import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULTS } from "./config.ts";
import { initialiseFolder } from "./data-folder.ts";
import { startCloud, type RunningCloud } from "./server.ts";

let folder: string;
let cloud: RunningCloud;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-listen-"));
  const config = {
    ...DEFAULTS,
    data: join(folder, "data"),
    port: 0,
    mqttPort: 0,
    logLevel: "silent",
  } as const;
  await initialiseFolder(config, Date.now);
  cloud = await startCloud(config);
});
afterEach(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

test("A11 headers beyond 16 KiB are refused before anything reads them", async () => {
  const ask = (bytes: number) =>
    fetch(`${cloud.url}/health/live`, { headers: { "x-long": "a".repeat(bytes) } }).then(
      ({ status }) => status,
    );
  expect([await ask(15_000), await ask(17_000)]).toEqual([200, 431]);
});
