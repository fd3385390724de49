import type { CloudConfig } from "../config.ts";
import { Refusal } from "../refusals.ts";
import type { Invocation } from "./invocation.ts";

export interface Verb {
  /** The words and options of its own that it takes. */
  readonly words?: string;
  /** How many words it takes at most, by the first one where it differs; none unless given. */
  readonly mostWords?: number | Readonly<Record<string, number>>;
  readonly what: string;
  /** It works without a cloud and has options and a help of its own. */
  readonly readsOptions?: boolean;
  /** Options of its own besides the settings, each with a value: name and what it is. */
  readonly options?: Readonly<Record<string, string>>;
  /** The settings that it goes by; all unless given. */
  readonly settings?: readonly (keyof CloudConfig)[];
  readonly load: () => Promise<{ run: (invocation: Invocation) => Promise<void> }>;
}

/** Where rows and keys are. */
const ROWS = ["data", "database"] as const;
const PLACE = [...ROWS, "artifacts"] as const;

/** One file per verb; loaded when it is called, so that a small verb starts fast. */
export const VERBS: Readonly<Record<string, Verb>> = {
  run: { what: "start the cloud; makes one first if the folder is empty", load: () => import("./run.ts") },
  init: {
    what: "make keys, roots and an operator key in an empty folder",
    settings: ROWS,
    load: () => import("./init.ts"),
  },
  roots: {
    words: "export DIR",
    mostWords: 2,
    what: "the roots and the descriptor key that vehicles and ECUs pin",
    settings: ROWS,
    load: () => import("./roots.ts"),
  },
  "operator-key": {
    words: "[USER]",
    mostWords: 1,
    what: "make another operator key and print it",
    settings: ROWS,
    load: () => import("./operator-key.ts"),
  },
  user: {
    words: "list | add NAME ROLE | role NAME ROLE | password|deactivate|reactivate NAME",
    mostWords: { list: 1, add: 3, role: 3, password: 2, deactivate: 2, reactivate: 2 },
    what: "who may log in",
    settings: ROWS,
    load: () => import("./user.ts"),
  },
  audit: {
    words: "verify | export [FILE] | redact --entry ID --why TEXT | retain --older-than-days N",
    mostWords: { verify: 1, export: 2, redact: 1, retain: 1 },
    what: "the audit log",
    options: {
      entry: "id of the entry whose text is redacted",
      why: "why, which the log keeps",
      "older-than-days": "days that entries are kept",
    },
    settings: ROWS,
    load: () => import("./audit.ts"),
  },
  delta: {
    words: "create|apply|inspect …",
    what: "patches of plain files; see delta --help",
    readsOptions: true,
    settings: [],
    load: () => import("./delta.ts"),
  },
  import: {
    words: "FILE",
    what: "as-built vehicles from CSV or JSON lines into a running cloud; see import --help",
    readsOptions: true,
    settings: [],
    load: () => import("./import.ts"),
  },
  migrate: {
    words: "[status]",
    mostWords: 1,
    what: "bring the schema up to date, or say how it stands",
    settings: ROWS,
    load: () => import("./migrate.ts"),
  },
  backup: {
    words: "[DIR]",
    mostWords: 1,
    what: "back up the cloud to DIR, or to --backup-to; also while it runs",
    settings: [...PLACE, "backupTo", "backupsKept"],
    load: () => import("./backup.ts"),
  },
  archive: {
    words: "[DIR] [--older-than-days 90]",
    mostWords: 1,
    what: "move old jobs and their events to compressed files in DIR, or in archive in the data folder",
    options: { "older-than-days": "days since a job and its campaign ended (90)" },
    settings: ROWS,
    load: () => import("./archive.ts"),
  },
  restore: {
    words: "DIR [NAME]",
    mostWords: 2,
    what: "make a cloud from the newest backup in DIR, or the one of that name, in an empty place",
    settings: PLACE,
    load: () => import("./restore.ts"),
  },
  seed: {
    words: "[--vehicles 200]",
    what: "fill a new cloud with a fleet, releases and a campaign to try things on",
    options: { vehicles: "how many, from 1 to 10000 (200)" },
    settings: PLACE,
    load: () => import("./seed.ts"),
  },
  openapi: {
    words: "[FILE]",
    mostWords: 1,
    what: "write the OpenAPI document",
    settings: [],
    load: () => import("./openapi.ts"),
  },
  help: {
    words: "[VERB]",
    mostWords: 1,
    what: "this text, or one verb's",
    settings: [],
    load: () => import("./help.ts"),
  },
};

/**
 * A word that is passed over may be a forgotten option: a cloud would be made in another folder than was meant.
 * @throws {Refusal} WORD_UNEXPECTED
 */
export function requireMeantWords(name: string, { mostWords = 0 }: Verb, words: readonly string[]): void {
  const [first = ""] = words;
  const most = typeof mostWords === "number" ? mostWords : memberOf(mostWords, first);
  // Who does not know the first word says so himself.
  const word = most === undefined ? undefined : words[most];
  if (word !== undefined) throw new Refusal("WORD_UNEXPECTED", { verb: name, word });
}

const memberOf = (table: Readonly<Record<string, number>>, name: string): number | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
