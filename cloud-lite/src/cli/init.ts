import type { CloudConfig } from "../config.ts";
import { initialiseFolder, operatorKeyFile } from "../data-folder.ts";
import type { Invocation } from "./invocation.ts";

/** What is said of an instance that made no cloud. */
export const joined = ({ data }: CloudConfig): string =>
  `${data} joined the cloud that is in the database; its users are the same (\`cloud operator-key\` makes a key).`;

export async function run({ config }: Invocation): Promise<void> {
  if ((await initialiseFolder(config, Date.now)) === "joined") {
    console.log(joined(config));
    return;
  }
  console.log(`Made a new cloud in ${config.data}.`);
  console.log(`Its operator key is in ${operatorKeyFile(config.data)}; keep it, and keep it secret.`);
  console.log(`The keys under keys/offline belong on another machine once you have published.`);
}
