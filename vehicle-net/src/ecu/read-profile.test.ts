import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engine } from "./profiles/engine.ts";
import { findProfile, readProfile } from "./read-profile.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "profiles-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("V4 profiles from files", () => {
  test("V4 the example of the documentation is a profile", async () => {
    const example = fileURLToPath(new URL("../../../docs/ecu-profile-example.json", import.meta.url));
    await expect(readProfile(example)).resolves.toMatchObject({ name: "gearbox" });
  });

  test("V4 a profile is found by its path or by its name", async () => {
    const path = await file("engine.json", JSON.stringify(engine));
    await expect(findProfile(path)).resolves.toEqual(engine);
    await expect(findProfile("engine")).resolves.toBe(engine);
  });

  test("V4 a file that is not there is named", async () => {
    const error: unknown = await findProfile(join(folder, "missing.json")).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "ProfileError", code: "unreadable" });
    expect(String(error)).toContain("missing.json cannot be read");
  });

  test("V4 a file that is no JSON is named with the reason", async () => {
    const path = await file("broken.json", '{ "name": }');
    const error: unknown = await readProfile(path).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "unreadable" });
    expect(String(error)).toMatch(/broken\.json is no JSON: .+/);
  });

  test("V4 a file with a wrong field is refused with the field", async () => {
    const path = await file("wrong.json", JSON.stringify({ ...engine, timing: { p2Ms: "50" } }));
    await expect(readProfile(path)).rejects.toMatchObject({ code: "bad-field" });
  });
});
