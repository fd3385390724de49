import type { Event, HeartbeatEvent, OutcomeEvent, StageEvent } from "@halfshaft/ota-format";
import { v7 as uuid } from "uuid";
import { type DurableStore, sequenceKey, type WriteOperation } from "../journal/durable-store.ts";

/** An event as its author knows it; the outbox numbers and dates it. */
export type EventDraft =
  | Omit<StageEvent, keyof Stamp>
  | Omit<OutcomeEvent, keyof Stamp>
  | Omit<HeartbeatEvent, keyof Stamp>;
type Stamp = Pick<
  Event,
  "eventId" | "streamEpoch" | "seq" | "at" | "monotonicMs" | "bootId" | "clockTrusted"
>;

const EVENTS = "event!";
const META = "outbox!";
/** Weeks offline: at some 30 events a job and a heartbeat waiting, this is months. About 4 MB on disk. */
const DEFAULT_CAPACITY = 10_000;

export interface OutboxOptions {
  /** Wall time, UTC ms. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  /** Whether the wall clock is known to be right. */
  readonly clockTrusted: () => boolean;
  /** Events kept at most; beyond it the oldest go, and their missing numbers tell of it. */
  readonly capacity?: number;
}

/** What one write puts into the outbox; composed with the journal's own so that both are on disk or neither. */
export interface StagedEvents {
  readonly operations: readonly WriteOperation[];
  readonly onWritten: () => void;
}

/**
 * Events on their way to the cloud: numbered in the synced write, ordered, bounded, kept until the cloud has them.
 * A new journal begins a new epoch, in which the numbers start at 1.
 */
export class Outbox {
  readonly #store: DurableStore;
  readonly #options: OutboxOptions;
  readonly #epoch: string;
  readonly #bootId = uuid();
  readonly #listeners = new Set<() => void>();
  #events: readonly Event[];
  #seq: number;

  private constructor(
    store: DurableStore,
    options: OutboxOptions,
    state: { epoch: string; seq: number; events: readonly Event[] },
  ) {
    this.#store = store;
    this.#options = options;
    this.#epoch = state.epoch;
    this.#seq = state.seq;
    this.#events = state.events;
  }

  static async open(store: DurableStore, options: OutboxOptions): Promise<Outbox> {
    const meta = new Map<string, string>();
    for await (const [key, value] of store.read(META)) meta.set(key, value);
    const events: Event[] = [];
    for await (const [, value] of store.read(EVENTS)) events.push(JSON.parse(value) as Event);
    let epoch = meta.get("epoch");
    if (epoch === undefined) {
      epoch = uuid();
      const put = { type: "put", key: `${META}epoch`, value: epoch } as const;
      await store.write(() => ({ operations: [put], onWritten: () => {} }));
    }
    return new Outbox(store, options, { epoch, seq: Number(meta.get("seq") ?? 0), events });
  }

  /** Events that the cloud does not have yet, oldest first. */
  get waiting(): readonly Event[] {
    return this.#events;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds events by themselves. @throws {StoreError} */
  async add(...drafts: readonly EventDraft[]): Promise<void> {
    await this.#store.write(() => this.stage(drafts));
  }

  /** The part of a write that adds events; to be called while a write is planned, so that numbers rise in order. */
  stage(drafts: readonly EventDraft[]): StagedEvents {
    if (drafts.length === 0) return { operations: [], onWritten: () => {} };
    const added = drafts.map((draft, i) => this.#stamped(draft, this.#seq + 1 + i));
    const capacity = this.#options.capacity ?? DEFAULT_CAPACITY;
    const dropped = this.#events.slice(0, Math.max(0, this.#events.length + added.length - capacity));
    const seq = this.#seq + added.length;
    return {
      operations: [
        ...added.map((event) => ({ type: "put", key: keyOf(event), value: JSON.stringify(event) }) as const),
        ...dropped.map((event) => ({ type: "del", key: keyOf(event) }) as const),
        { type: "put", key: `${META}seq`, value: String(seq) },
      ],
      onWritten: () => {
        this.#seq = seq;
        this.#events = [...this.#events.slice(dropped.length), ...added];
        for (const listener of this.#listeners) listener();
      },
    };
  }

  /** Forgets events that the cloud has acknowledged. @throws {StoreError} */
  async remove(delivered: readonly Event[]): Promise<void> {
    const ids = new Set(delivered.map(({ eventId }) => eventId));
    await this.#store.write(() => ({
      operations: delivered.map((event) => ({ type: "del", key: keyOf(event) })),
      onWritten: () => {
        this.#events = this.#events.filter(({ eventId }) => !ids.has(eventId));
      },
    }));
  }

  #stamped(draft: EventDraft, seq: number): Event {
    const { now, monotonicMs, clockTrusted } = this.#options;
    return {
      ...draft,
      eventId: uuid(),
      streamEpoch: this.#epoch,
      seq,
      at: now(),
      monotonicMs: monotonicMs(),
      bootId: this.#bootId,
      clockTrusted: clockTrusted(),
    };
  }
}

const keyOf = ({ seq }: Event): string => EVENTS + sequenceKey(seq);
