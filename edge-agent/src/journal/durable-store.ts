import type { Clock } from "@halfshaft/vehicle-net/clock";

/** The part of a level database that the agent's records use; `level` and `memory-level` both have it. */
export interface LevelDatabase {
  batch(operations: WriteOperation[], options: object): Promise<void>;
  iterator(range: { gte: string; lt: string }): AsyncIterable<[string, string]>;
  close(): Promise<void>;
}

export type WriteOperation =
  | { readonly type: "put"; readonly key: string; readonly value: string }
  | { readonly type: "del"; readonly key: string };

/** A record could not be made durable: nothing that depends on it may happen. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: "closed" | "write-failed";

  constructor(code: "closed" | "write-failed", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a write is to do, and what follows in memory once it is on disk. */
export interface PlannedWrite<T> {
  readonly operations: readonly WriteOperation[];
  readonly onWritten: () => T;
}

/**
 * Writes one after another, each synced before its promise resolves. Sequence numbers are chosen while the plan of
 * a write is made, so they rise in the order of the writes.
 */
export class DurableStore {
  readonly #level: LevelDatabase;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(level: LevelDatabase, clock: Clock) {
    this.#level = level;
    this.#clock = clock;
  }

  /** Everything below `prefix`, in the order of the keys, without the prefix. */
  async *read(prefix: string): AsyncGenerator<[string, string]> {
    const entries = this.#clock.working(collect(this.#level.iterator(range(prefix))));
    for (const [key, value] of await entries) yield [key.slice(prefix.length), value];
  }

  /** @throws {StoreError} `write-failed`, or `closed` after `close`: then nothing was written. */
  write<T>(plan: () => PlannedWrite<T>): Promise<T> {
    const result = this.#last.then(async () => {
      if (this.#closed) throw new StoreError("closed", "the journal is closed");
      const { operations, onWritten } = plan();
      try {
        await this.#clock.working(this.#level.batch([...operations], { sync: true }));
      } catch (cause) {
        throw new StoreError("write-failed", "the journal could not be written and synced", { cause });
      }
      return onWritten();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Refuses every write from now on, as a power cut does. The database stays open: it is its opener's. */
  close(): void {
    this.#closed = true;
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function range(prefix: string): { gte: string; lt: string } {
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return { gte: prefix, lt: end };
}

/** Decimal with leading zeros, so that keys sort as numbers do. */
export const sequenceKey = (seq: number): string => String(seq).padStart(16, "0");
