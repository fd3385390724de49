import { Random } from "./random.ts";

/** One target under test: plays conversations with it until the run has had its inputs. */
export interface FuzzTarget {
  readonly name: string;
  /** Everything that it can come into; what was never entered counts 0. */
  readonly states: readonly string[];
  /** Plays one conversation to its end, and tells the run of each input, state and failure. */
  play(run: FuzzRun): Promise<void>;
}

/** What a target came through. */
export interface FuzzCounts {
  readonly inputs: number;
  /** Inputs of conversations that were valid before they were mutated; the others are made up. */
  readonly mutatedInputs: number;
  readonly failures: number;
  readonly statesEntered: Readonly<Record<string, number>>;
}

/** Share of conversations that are mutations of valid ones. */
const MUTATED_SHARE = 0.9;
const SHOWN_FAILURES = 5;

/** Counts, and the chance that all of it comes from. */
export class FuzzRun {
  readonly random: Random;
  readonly #wantedInputs: number;
  readonly #states: Map<string, number>;
  /** Sentences of the first failures, each with the conversation in which it came. */
  readonly shown: string[] = [];
  /** Whether this conversation is a valid one with faults put in; else it is made up. */
  mutated = true;
  conversations = 0;
  #inputs = 0;
  #mutatedInputs = 0;
  #failures = 0;

  constructor(seed: number, inputs: number, states: readonly string[]) {
    this.random = new Random(seed);
    this.#wantedInputs = inputs;
    this.#states = new Map(states.map((state) => [state, 0]));
  }

  get isDone(): boolean {
    return this.#inputs >= this.#wantedInputs;
  }

  get inputs(): number {
    return this.#inputs;
  }

  begin(): void {
    this.conversations += 1;
    this.mutated = this.random.chance(MUTATED_SHARE);
  }

  /** The target gets something. */
  input(): void {
    this.#inputs += 1;
    if (this.mutated) this.#mutatedInputs += 1;
  }

  enter(state: string): void {
    const count = this.#states.get(state);
    if (count === undefined) this.fail(`came into the unknown state "${state}"`);
    else this.#states.set(state, count + 1);
  }

  fail(sentence: string, cause?: unknown): void {
    this.#failures += 1;
    if (this.shown.length >= SHOWN_FAILURES) return;
    const stack = cause instanceof Error ? `: ${cause.stack}` : "";
    this.shown.push(`conversation ${this.conversations}: ${sentence}${stack}`);
  }

  counts(): FuzzCounts {
    return {
      inputs: this.#inputs,
      mutatedInputs: this.#mutatedInputs,
      failures: this.#failures,
      statesEntered: Object.fromEntries(this.#states),
    };
  }
}
