import { writeFile } from "node:fs/promises";
import { openApiText } from "../plugins/openapi-text.ts";
import { writing } from "./plain-file.ts";
import type { Invocation } from "./invocation.ts";

export async function run({ words: [path] }: Invocation): Promise<void> {
  const text = await openApiText();
  if (path === undefined) process.stdout.write(text);
  else await writing(path, () => writeFile(path, text));
}
