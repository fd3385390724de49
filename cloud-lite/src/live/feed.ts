import type { Database } from "../db/database.ts";
import { changeRange, changesAfter, locate } from "./change-log.ts";
import type { LocatedChange, LocatedProgress, Progress } from "./change.ts";

/** Newest changes kept in memory per organisation, so that many readers cost one read. */
const KEPT = 1000;
const PAGE = 200;
/** Jobs whose newest progress waits to be told. */
const MAX_PENDING_PROGRESS = 1000;

/** What a reader is told, in order. */
export type LiveMessage =
  /** From here on nothing is missed: sent first where the reader named no event id. */
  | { readonly kind: "ready"; readonly seq: number }
  /** The reader's event id is not in the log any more, or not yet: read everything anew, then go on from here. */
  | { readonly kind: "resync"; readonly seq: number; readonly reason: "retention" | "ahead" }
  | { readonly kind: "change"; readonly change: LocatedChange }
  | { readonly kind: "progress"; readonly progress: LocatedProgress }
  | { readonly kind: "alive" };

/**
 * Committed changes of an organisation, told to any number of readers. The audit log is the queue: each reader has only
 * a place in it, so a slow one holds nothing up and misses nothing. Progress is different: only its newest is told.
 */
export interface LiveFeed {
  /** Something was committed here: look now. Other instances' commits are seen by `look`. */
  wake(organisationId: string): void;
  progress(organisationId: string, progress: Progress): void;
  /** Looks for changes in every log that has readers. */
  look(): Promise<void>;
  /** Tells `alive` to every reader. */
  alive(): void;
  /** @param after the last `seq` that the reader has; left out: from now on */
  follow(
    organisationId: string,
    options: { readonly after?: number; readonly signal: AbortSignal },
  ): AsyncGenerator<LiveMessage, void, void>;
  readers(): number;
}

interface Log {
  /** `seq` of the newest change that was read. */
  newest: number;
  readonly tail: LocatedChange[];
  readonly readers: Set<Reader>;
  /** Newest of each job, not told to anyone yet. */
  readonly progress: Map<string, Progress>;
  reading?: Promise<void>;
}

interface Reader {
  wake: PromiseWithResolvers<void>;
  readonly progress: Map<string, LocatedProgress>;
  alive: boolean;
}

export function createLiveFeed(db: Database, onError: (error: unknown) => void): LiveFeed {
  const logs = new Map<string, Log>();

  const read = async (organisationId: string, log: Log): Promise<void> => {
    if (log.progress.size > 0) {
      for (const progress of await locate(db, organisationId, takeAll(log.progress))) {
        for (const reader of log.readers) {
          keepNewest(reader.progress, progress);
          reader.wake.resolve();
        }
      }
    }
    for (;;) {
      const page = await changesAfter(db, organisationId, log.newest, PAGE);
      log.tail.push(...page);
      log.tail.splice(0, log.tail.length - KEPT);
      log.newest = page.at(-1)?.seq ?? log.newest;
      if (page.length > 0) for (const reader of log.readers) reader.wake.resolve();
      if (page.length < PAGE) return;
    }
  };
  /** A look that begins after this call sees everything that was committed before it. */
  const look = (organisationId: string, log: Log): Promise<void> => {
    const mine: Promise<void> = (log.reading ?? Promise.resolve())
      .then(() => read(organisationId, log))
      .catch(onError)
      .finally(() => {
        if (log.reading === mine) log.reading = undefined;
      });
    log.reading = mine;
    return mine;
  };

  async function* follow(
    organisationId: string,
    { after, signal }: { after?: number; signal: AbortSignal },
  ): AsyncGenerator<LiveMessage, void, void> {
    const { oldest, newest } = await changeRange(db, organisationId);
    const log: Log = logs.get(organisationId) ?? {
      newest,
      tail: [],
      readers: new Set<Reader>(),
      progress: new Map(),
    };
    logs.set(organisationId, log);
    const reader: Reader = { wake: Promise.withResolvers(), progress: new Map(), alive: false };
    log.readers.add(reader);
    const stop = (): void => reader.wake.resolve();
    signal.addEventListener("abort", stop, { once: true });
    try {
      let place = after ?? newest;
      if (after === undefined) yield { kind: "ready", seq: newest };
      else if (after > newest || after < oldest - 1) {
        yield { kind: "resync", seq: newest, reason: after > newest ? "ahead" : "retention" };
        place = newest;
      }
      while (!signal.aborted) {
        reader.wake = Promise.withResolvers();
        for (const change of await changesFrom(db, organisationId, log, place)) {
          yield { kind: "change", change };
          place = change.seq;
        }
        for (const progress of takeAll(reader.progress)) yield { kind: "progress", progress };
        if (reader.alive) yield { kind: "alive" };
        reader.alive = false;
        if (place >= log.newest && reader.progress.size === 0) await reader.wake.promise;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      log.readers.delete(reader);
      if (log.readers.size === 0) logs.delete(organisationId);
    }
  }

  return {
    wake(organisationId) {
      const log = logs.get(organisationId);
      if (log) void look(organisationId, log);
    },
    progress(organisationId, progress) {
      const log = logs.get(organisationId);
      if (!log) return;
      keepNewest(log.progress, progress);
      void look(organisationId, log);
    },
    async look() {
      await Promise.all([...logs].map(([organisationId, log]) => look(organisationId, log)));
    },
    alive() {
      for (const { readers } of logs.values()) {
        for (const reader of readers) {
          reader.alive = true;
          reader.wake.resolve();
        }
      }
    },
    follow,
    readers: () => [...logs.values()].reduce((sum, { readers }) => sum + readers.size, 0),
  };
}

/** From memory where the reader is near the end, else a page of the log itself. */
async function changesFrom(
  db: Database,
  organisationId: string,
  log: Log,
  place: number,
): Promise<readonly LocatedChange[]> {
  if (place >= log.newest) return [];
  const first = log.tail[0]?.seq;
  if (first !== undefined && place >= first - 1) return log.tail.slice(place + 1 - first);
  return changesAfter(db, organisationId, place, PAGE);
}

/** The map keeps the order of first mention, and is bounded: who reads that slowly sees the job itself. */
function keepNewest<P extends Progress>(all: Map<string, P>, progress: P): void {
  if (all.size < MAX_PENDING_PROGRESS || all.has(progress.jobId)) all.set(progress.jobId, progress);
}

function takeAll<P>(progress: Map<string, P>): P[] {
  const all = [...progress.values()];
  progress.clear();
  return all;
}
