import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareFolder } from "./folder.ts";
import { writeManifest } from "./manifest.ts";
import { restoreBackup } from "./restore.ts";

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfshaft-backup-folder-"));
  data = join(folder, "data");
  await mkdir(data);
  await writeFile(join(data, "cloud.json"), "");
  await symlink(data, join(folder, "link"));
  await writeFile(join(folder, "file"), "");
});
afterEach(() => rm(folder, { recursive: true }));

const backUpTo = (path: string): Promise<void> => prepareFolder(join(folder, path), data);

test.each([["data"], ["data/sub/folder"], ["link"], ["link/sub"]])(
  "A13 a backup to %s, which is in the data folder, is refused and leaves nothing there",
  async (path) => {
    await expect(backUpTo(path)).rejects.toMatchObject({ code: "BACKUP_INSIDE_DATA" });
    expect(await readdir(data)).toEqual(["cloud.json"]);
  },
);

test("A13 a folder beside the data folder takes backups, though its name begins alike", async () => {
  await prepareFolder(`${data}-backups`, data);
  expect(await readdir(`${data}-backups`)).toEqual(["backups", "objects"]);
});

test.each([["file"], ["file/below"]])("A13 a backup to %s, where a file is, is refused", async (path) => {
  await expect(backUpTo(path)).rejects.toMatchObject({
    code: "BACKUP_FOLDER_UNUSABLE",
    message: expect.stringContaining(`Backups cannot be written to ${join(folder, path)}: E`),
  });
});

test.each([["file"], ["file/below"]])(
  "A13 a restore to %s, where a file is, is refused and leaves nothing beside it",
  async (path) => {
    const backups = join(folder, "backups");
    await prepareFolder(backups, data);
    const files = { database: [], audit: [], artifacts: [], files: [] };
    await writeManifest(backups, { format: 1, at: 1000, engine: "sqlite", ...files });
    await expect(restoreBackup(backups, { data: join(folder, path) }, Date.now)).rejects.toMatchObject({
      code: "DATA_UNUSABLE",
      message: expect.stringContaining("ENOTDIR"),
    });
    expect(await readdir(folder)).toEqual(["backups", "data", "file", "link"]);
  },
);
