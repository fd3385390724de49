import { readFile, readdir } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** npm hoists every workspace's packages to the root, so an import that nobody declared still runs. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const IMPORT =
  /^(?:import|export)\b[^;"'`]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const manifest = async (path: string): Promise<Manifest> =>
  JSON.parse(await readFile(`${ROOT}${path}package.json`, "utf8")) as Manifest;
const packageOf = (specifier: string): string =>
  specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

const root = await manifest("");

test.each(root.workspaces ?? [])("every package that %s imports is declared by it", async (room) => {
  const { name, dependencies, optionalDependencies, devDependencies } = await manifest(`${room}/`);
  const shipped = { ...dependencies, ...optionalDependencies };
  const forTests = { ...shipped, ...devDependencies, ...root.devDependencies };
  const files = (await readdir(`${ROOT}${room}/src`, { recursive: true })).filter(
    (file) => /\.tsx?$/.test(file) && !file.includes("/dist/"),
  );
  const undeclared: string[] = [];
  for (const file of files) {
    // Pages are bundled, so what they import is needed at build time only.
    const mayUse = /\.test\.tsx?$|testing|contract\.ts$|\.config\.ts$|\/page\//.test(file)
      ? forTests
      : shipped;
    const source = await readFile(`${ROOT}${room}/src/${file}`, "utf8");
    for (const match of source.matchAll(IMPORT)) {
      const specifier = match[1] ?? match[2] ?? match[3]!;
      if (specifier.startsWith(".") || isBuiltin(specifier) || packageOf(specifier) === name) continue;
      if (!Object.hasOwn(mayUse, packageOf(specifier))) undeclared.push(`${file}: ${specifier}`);
    }
  }
  expect(undeclared).toEqual([]);
});
