import { expect, test } from "vitest";
import { onDisk } from "./disk.ts";
import { Refusal } from "./refusals.ts";

const failing = (error: Error): Promise<void> =>
  onDisk("BACKUP_FOLDER_UNUSABLE", "/mnt/backups", async () => {
    throw error;
  });

test.each(["ENOSPC", "EROFS", "SQLITE_FULL", "SQLITE_IOERR_WRITE"])(
  "A13 %s while files are written is refused with the folder and what was said of it",
  async (code) => {
    const full = Object.assign(new Error("no space left on device"), { code });
    await expect(failing(full)).rejects.toMatchObject({
      code: "BACKUP_FOLDER_UNUSABLE",
      message: "Backups cannot be written to /mnt/backups: no space left on device.",
      cause: full,
    });
  },
);

test.each([
  new Refusal("BACKUP_RUNNING", { folder: "/mnt/backups" }),
  Object.assign(new Error("database disk image is malformed"), { code: "SQLITE_CORRUPT" }),
  new TypeError("a fault"),
])("A13 what says nothing of a place stays what it is: %s", async (error) => {
  await expect(failing(error)).rejects.toBe(error);
});
