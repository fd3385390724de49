import { closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs";
import { renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Bank } from "@halfshaft/vehicle-net/ecu";
import { StorageError, type EcuStorage, type StorageErrorCode } from "./storage.ts";

/**
 * Keeps an ECU in a folder: `ecu.json`, `bankA.bin` and `bankB.bin`. A process that starts again on the same folder
 * is an ECU whose power was cut. The folder is made with the first write.
 */
export function fileStorage(folder: string): EcuStorage {
  const recordPath = join(folder, "ecu.json");
  const open = new Map<Bank, number>();
  const bankPath = (bank: Bank): string => join(folder, `bank${bank}.bin`);
  const bankFile = (bank: Bank, flags: number): number => {
    const file = open.get(bank) ?? openSync(bankPath(bank), constants.O_RDWR | flags, 0o644);
    open.set(bank, file);
    return file;
  };

  return {
    readRecord() {
      try {
        return readFileSync(recordPath, "utf8");
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw failure("unreadable", recordPath, cause);
      }
    },
    writeRecord: (record) =>
      attempt("unwritable", recordPath, () => {
        mkdirSync(folder, { recursive: true });
        replaceDurably(folder, recordPath, record);
      }),
    readBank: (bank, offset, length) => {
      const bytes = new Uint8Array(length);
      const read = attempt("unreadable", bankPath(bank), () =>
        readSync(bankFile(bank, 0), bytes, 0, length, offset),
      );
      if (read === length) return bytes;
      throw new StorageError(
        "damaged",
        `${bankPath(bank)} ends at byte ${offset + read}, needs ${offset + length}`,
      );
    },
    writeBank: (bank, offset, bytes) =>
      attempt("unwritable", bankPath(bank), () => {
        mkdirSync(folder, { recursive: true });
        const file = bankFile(bank, constants.O_CREAT);
        for (let done = 0; done < bytes.length;) {
          done += writeSync(file, bytes, done, bytes.length - done, offset + done);
        }
      }),
    syncBank: (bank) => attempt("unwritable", bankPath(bank), () => fsyncSync(bankFile(bank, 0))),
    close() {
      for (const file of open.values()) closeSync(file);
      open.clear();
    },
  };
}

/** New file, fsync, rename, fsync of the folder: after a power cut there is the old content or the new one. */
function replaceDurably(folder: string, path: string, content: string): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, content, { flush: true });
  renameSync(temporary, path);
  const directory = openSync(folder, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function attempt<T>(code: StorageErrorCode, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw failure(code, path, cause);
  }
}

function failure(code: StorageErrorCode, path: string, cause: unknown): StorageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(code, `${path} is ${code}: ${reason}`, { cause });
}
