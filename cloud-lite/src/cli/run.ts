import { checkBackupTo } from "../backup/schedule.ts";
import { checkConfig } from "../check-config.ts";
import { initialiseFolder, isInitialised, operatorKeyFile } from "../data-folder.ts";
import { checkPorts } from "../listen.ts";
import { startCloud, type RunningCloud } from "../server.ts";
import { joined } from "./init.ts";
import type { Invocation } from "./invocation.ts";

/** Starts the cloud, says so in one line of JSON, and stops at SIGTERM or SIGINT. SIGHUP: another certificate. */
export async function run({ config }: Invocation): Promise<void> {
  checkConfig(config);
  if (!(await isInitialised(config.data))) {
    await checkPorts(config);
    await checkBackupTo(config);
    const how = await initialiseFolder(config, Date.now);
    console.error(
      how === "joined"
        ? joined(config)
        : `Made a new cloud in ${config.data}. Its operator key is in ${operatorKeyFile(config.data)}.`,
    );
  }
  const cloud = await startCloud(config);
  console.log(JSON.stringify({ ready: true, url: cloud.url, mqttUrl: cloud.mqttUrl }));
  if (config.tlsCert !== "") process.on("SIGHUP", () => void reload(cloud));
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  await cloud.close();
}

async function reload(cloud: RunningCloud): Promise<void> {
  try {
    await cloud.reloadTls();
    console.error("The certificate was read anew.");
  } catch (error) {
    console.error(`The old certificate stays: ${error instanceof Error ? error.message : String(error)}`);
  }
}
