import { initialiseFolder, operatorKeyFile } from "../data-folder.ts";
import type { Invocation } from "./invocation.ts";

export async function run({ config }: Invocation): Promise<void> {
  if ((await initialiseFolder(config, Date.now)) === "joined") {
    console.log(
      `${config.data} joined the cloud that is in the database; its operators and keys are the same.`,
    );
    return;
  }
  console.log(`Made a new cloud in ${config.data}.`);
  console.log(`Its operator key is in ${operatorKeyFile(config.data)}; keep it, and keep it secret.`);
  console.log(`The keys under keys/offline belong on another machine once you have published.`);
}
