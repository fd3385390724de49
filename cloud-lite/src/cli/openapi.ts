import { writeFile } from "node:fs/promises";
import { openApiText } from "../plugins/openapi-text.ts";
import type { Invocation } from "./verbs.ts";

export async function run({ words }: Invocation): Promise<void> {
  const text = await openApiText();
  if (words[0] === undefined) process.stdout.write(text);
  else await writeFile(words[0], text);
}
