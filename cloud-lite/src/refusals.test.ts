import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { REFUSALS } from "./refusals.ts";

test("A1 no two domains name a problem alike: one would take the other's place", () => {
  const here = dirname(fileURLToPath(import.meta.url));
  const names = readdirSync(here, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("/refusals.ts"))
    .flatMap((file) => [...readFileSync(join(here, file), "utf8").matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{$/gm)])
    .map(([, name]) => name!);
  expect(names.toSorted()).toEqual(Object.keys(REFUSALS).toSorted());
});
