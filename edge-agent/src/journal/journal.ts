import { type DurableStore, sequenceKey, type WriteOperation } from "./durable-store.ts";
import type { Fact, Statement } from "./fact.ts";
import { planOf } from "./job-facts.ts";
import { planDigest } from "../update/plan-digest.ts";

const PREFIX = "fact!";

/** Which job a fact is about. */
export interface JobKey {
  readonly jobId: string;
  readonly attempt: number;
}

/** Records written together with a fact: telemetry that must not be lost, nor told of what did not happen. */
export type Companions = (
  fact: Fact,
  earlier: readonly Fact[],
) => { operations: readonly WriteOperation[]; onWritten: () => void };

/** The only memory of a job: facts, each synced before `append` resolves. */
export class Journal {
  readonly #store: DurableStore;
  readonly #now: () => number;
  readonly #companions: Companions;
  readonly #listeners = new Set<(fact: Fact) => void>();
  readonly #ended = new Set<string>();
  #facts: readonly Fact[] = [];
  /** Facts of the job before the current one, kept so that it is known to have ended. */
  #previous: readonly Fact[] = [];
  #seq = 0;

  private constructor(store: DurableStore, now: () => number, companions: Companions) {
    this.#store = store;
    this.#now = now;
    this.#companions = companions;
  }

  /** @param now wall time, UTC ms */
  static async open(
    store: DurableStore,
    now: () => number,
    companions: Companions = () => ({ operations: [], onWritten: () => {} }),
  ): Promise<Journal> {
    const journal = new Journal(store, now, companions);
    for await (const [, value] of store.read(PREFIX)) journal.#take(JSON.parse(value) as Fact);
    return journal;
  }

  /** Facts of the current job, or of the last one, oldest first. */
  get facts(): readonly Fact[] {
    return this.#facts;
  }

  /** Whether this journal has seen the end of a job's attempt. */
  hasEnded(job: JobKey): boolean {
    return this.#ended.has(nameOf(job));
  }

  /** Calls back after each fact, once it is on disk. */
  subscribe(listener: (fact: Fact) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins a job; facts of jobs before the last one are forgotten. @throws {StoreError} */
  begin(job: JobKey, statement: Statement): Promise<Fact> {
    return this.#write(
      () => job,
      statement,
      () => this.#previous,
    );
  }

  /** States a fact of the current job. @throws {StoreError} nothing was written, and nothing may follow. */
  append(statement: Statement): Promise<Fact> {
    return this.#write(
      () => this.#facts[0]!,
      statement,
      () => [],
    );
  }

  #write(job: () => JobKey, statement: Statement, forget: () => readonly Fact[]): Promise<Fact> {
    return this.#store.write(() => {
      const { jobId, attempt } = job();
      const plan = statement.payload?.plan ?? planOf(this.#facts.filter((f) => f.jobId === jobId));
      const fact: Fact = {
        v: 1,
        jobId,
        attempt,
        seq: this.#seq + 1,
        ...statement,
        planDigest: plan === undefined ? "" : planDigest(plan),
        at: this.#now(),
      };
      const companions = this.#companions(fact, this.#facts);
      return {
        operations: [
          { type: "put", key: PREFIX + sequenceKey(fact.seq), value: JSON.stringify(fact) },
          ...forget().map(({ seq }) => ({ type: "del", key: PREFIX + sequenceKey(seq) }) as const),
          ...companions.operations,
        ],
        onWritten: () => {
          this.#take(fact);
          companions.onWritten();
          for (const listener of this.#listeners) listener(fact);
          return fact;
        },
      };
    });
  }

  #take(fact: Fact): void {
    const current = this.#facts[0];
    if (current !== undefined && nameOf(current) !== nameOf(fact)) {
      this.#previous = this.#facts;
      this.#facts = [];
    }
    this.#facts = [...this.#facts, fact];
    this.#seq = fact.seq;
    if (fact.step === "report" && fact.kind === "done") this.#ended.add(nameOf(fact));
  }
}

const nameOf = ({ jobId, attempt }: JobKey): string => `${jobId}/${attempt}`;
