import type { Invocation } from "./invocation.ts";

export interface Verb {
  readonly what: string;
  /** It works without a cloud and has options of its own. */
  readonly readsOptions?: boolean;
  /** Options of its own besides the settings, each with a value. */
  readonly options?: readonly string[];
  readonly load: () => Promise<{ run: (invocation: Invocation) => Promise<void> }>;
}

/** One file per verb; loaded when it is called, so that a small verb starts fast. */
export const VERBS: Readonly<Record<string, Verb>> = {
  run: { what: "start the cloud; makes one first if the folder is empty", load: () => import("./run.ts") },
  init: { what: "make keys, roots and an operator key in an empty folder", load: () => import("./init.ts") },
  roots: {
    what: "roots export DIR: the roots and the descriptor key that vehicles and ECUs pin",
    load: () => import("./roots.ts"),
  },
  "operator-key": {
    what: "operator-key [USER]: make another operator key and print it",
    load: () => import("./operator-key.ts"),
  },
  user: {
    what: "user list | add NAME ROLE | role NAME ROLE | password|deactivate|reactivate NAME: who may log in",
    load: () => import("./user.ts"),
  },
  audit: {
    what: "audit verify | export [FILE] | redact --entry ID --why TEXT | retain --older-than-days N: the audit log",
    options: ["entry", "why", "older-than-days"],
    load: () => import("./audit.ts"),
  },
  delta: {
    what: "delta create|apply|inspect …: patches of plain files; see delta --help",
    readsOptions: true,
    load: () => import("./delta.ts"),
  },
  import: {
    what: "import FILE: as-built vehicles from CSV or JSON lines into a running cloud; see import --help",
    readsOptions: true,
    load: () => import("./import.ts"),
  },
  migrate: {
    what: "migrate [status]: bring the schema up to date, or say how it stands",
    load: () => import("./migrate.ts"),
  },
  backup: { what: "backup DIR: back up the cloud, also while it runs", load: () => import("./backup.ts") },
  archive: {
    what: "archive [DIR] [--older-than-days 90]: move old jobs and their events to compressed files",
    options: ["older-than-days"],
    load: () => import("./archive.ts"),
  },
  restore: {
    what: "restore DIR [NAME]: make a cloud from a backup, in an empty place",
    load: () => import("./restore.ts"),
  },
  seed: {
    what: "seed [--vehicles 200]: fill a new cloud with a fleet, releases and a campaign to try things on",
    options: ["vehicles"],
    load: () => import("./seed.ts"),
  },
  openapi: { what: "openapi [FILE]: write the OpenAPI document", load: () => import("./openapi.ts") },
  help: { what: "this text", load: () => import("./help.ts") },
};
