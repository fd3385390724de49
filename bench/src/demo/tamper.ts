import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Changes one byte in the middle of every stored file but those to be spared, behind the cloud's back: what an
 * attacker with access to the artifact store could do. Lengths stay as they were signed.
 * @param spared SHA-256 of files that stay as they are, hex
 * @returns how many files were changed
 */
export async function tamperArtifacts(artifactFolder: string, spared: ReadonlySet<string>): Promise<number> {
  const files = await readdir(artifactFolder, { recursive: true, withFileTypes: true });
  const changed = files.filter((file) => file.isFile() && !spared.has(file.name));
  for (const { parentPath, name } of changed) {
    const path = join(parentPath, name);
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    bytes[middle] = bytes[middle]! ^ 0xff;
    await writeFile(path, bytes, { mode: 0o640 });
  }
  return changed.length;
}
