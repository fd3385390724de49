import type { RefusalCode } from "../refusal-code.ts";

/** Backups, and what is restored from them. */
export const BACKUP_REFUSALS = {
  BACKUP_NONE: {
    status: 0,
    sentence: "There is no backup {name} in {folder}.",
    help: "Name the folder that `cloud backup` was given; it has a folder backups with one file for each.",
  },
  BACKUP_DAMAGED: {
    status: 0,
    sentence: "{path} of the backup is not usable: {reason}.",
    help: "Restore an older backup by its name, or the backup folder from a copy. Nothing was put in its place.",
  },
  BACKUP_INSIDE_DATA: {
    status: 0,
    sentence:
      "{folder} is in the data folder {data}: a backup there is lost with it, and goes into every later one.",
    help: "Name a folder outside of it, on another disk or machine.",
  },
  BACKUP_FOLDER_UNUSABLE: {
    status: 0,
    sentence: "Backups cannot be written to {path}: {reason}.",
    help: "Name a folder, or one that can be made; this user must be allowed to write there, and it must have space.",
  },
  ARTIFACT_UNUSABLE: {
    status: 0,
    sentence:
      "The artifact store {store} of this cloud does not hold {sha256}, which its database names: {reason}.",
    help: "Check that all instances share one store, the same --artifacts s3://… or the same folder mounted as FOLDER/artifacts, and that this is it. No backup was taken.",
  },
  BACKUP_RUNNING: {
    status: 0,
    sentence: "Another backup is being written to {folder}.",
    help: "Wait until it has ended, or choose another folder.",
  },
  RESTORE_NOT_EMPTY: {
    status: 0,
    sentence: "{place} is not empty: there is {found}.",
    help: "Restore to an empty folder and an empty database; nothing is ever overwritten.",
  },
  RESTORE_NEEDS_POSTGRES: {
    status: 0,
    sentence: "The backup {name} is of a cloud on PostgreSQL.",
    help: "Restore it to an empty database with --database postgres://…; only a backup of SQLite can go to either.",
  },
  RESTORE_LEFT_OVER: {
    status: 0,
    sentence:
      "The restore failed ({reason}), and what it had put into {place} could not be taken away again: {why}.",
    help: "Empty that database (dropdb, then createdb as before) and restore again.",
  },
  POSTGRES_TOOL_MISSING: {
    status: 0,
    sentence: "{tool} is not installed here.",
    help: "Install PostgreSQL's client programs (Debian: apt-get install postgresql-client), or use the backup of whoever runs the database.",
  },
  POSTGRES_TOOL_FAILED: {
    status: 0,
    sentence: "{tool} failed: {reason}.",
    help: "Check that it is not older than the server, and that the user may read the whole database.",
  },
} as const satisfies Record<string, RefusalCode>;
