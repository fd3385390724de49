import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AUDIT_ACTIONS } from "./actions.ts";

/** `action: "…", subjectKind: "…"` as the sources have it, also by a condition. */
const NOTE = /action: ([^,`]+),\s*subjectKind: "(\w+)"/g;

test("A16 each action is listed for the subject that it is noted of", () => {
  const sources = join(dirname(fileURLToPath(import.meta.url)), "..");
  const noted = readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/\.(test|testing)\.ts$/.test(file))
    .flatMap((file) => [...readFileSync(join(sources, file), "utf8").matchAll(NOTE)])
    .flatMap(([, action, kind]) =>
      [...action!.matchAll(/"([\w-]+\.\w+)"/g)].map(([, name]) => `${kind} ${name}`),
    );
  const listed = Object.entries(AUDIT_ACTIONS).flatMap(([kind, actions]) =>
    actions.map((action) => `${kind} ${action}`),
  );
  expect(noted.length).toBeGreaterThan(30);
  expect(noted.filter((note) => !listed.includes(note))).toEqual([]);
});
