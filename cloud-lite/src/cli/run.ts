import { initialiseFolder, isInitialised, operatorKeyFile } from "../data-folder.ts";
import { checkPorts } from "../listen.ts";
import { startCloud } from "../server.ts";
import type { Invocation } from "./verbs.ts";

/** Starts the cloud, says so in one line of JSON, and stops at SIGTERM or SIGINT. */
export async function run({ config }: Invocation): Promise<void> {
  if (!(await isInitialised(config.data))) {
    await checkPorts(config);
    await initialiseFolder(config, Date.now);
    console.error(
      `Made a new cloud in ${config.data}. Its operator key is in ${operatorKeyFile(config.data)}.`,
    );
  }
  const cloud = await startCloud(config);
  console.log(JSON.stringify({ ready: true, url: cloud.url, mqttUrl: cloud.mqttUrl }));
  await new Promise<void>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  await cloud.close();
}
