import type { Timer } from "./clock.ts";

interface Entry {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** Timers ordered by time, then by creation (a binary heap; cancelled ones are dropped when they surface). */
export class TimerQueue {
  #heap: Entry[] = [];
  #created = 0;
  #live = 0;

  /** How many timers are armed. */
  get size(): number {
    return this.#live;
  }

  add(atMs: number, callback: () => void): Timer {
    const entry: Entry = { atMs, order: this.#created++, callback };
    this.#heap.push(entry);
    this.#live += 1;
    this.#rise(this.#heap.length - 1);
    return { cancel: () => this.#cancel(entry) };
  }

  /** Time of the first armed timer; `Infinity` where there is none. */
  nextMs(): number {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) this.#pop();
    return this.#heap[0]?.atMs ?? Infinity;
  }

  /** Takes the first timer due at `nowMs` and returns its callback. */
  takeDue(nowMs: number): (() => void) | undefined {
    if (this.nextMs() > nowMs) return undefined;
    const entry = this.#pop();
    const callback = entry?.callback;
    if (entry !== undefined) entry.callback = undefined;
    this.#live -= 1;
    return callback;
  }

  #cancel(entry: Entry): void {
    if (entry.callback === undefined) return;
    entry.callback = undefined;
    this.#live -= 1;
    // A protocol that re-arms a long time-out with every frame would otherwise pile them up.
    if (this.#heap.length > 64 && this.#live * 2 < this.#heap.length) this.#compact();
  }

  #compact(): void {
    this.#heap = this.#heap.filter((entry) => entry.callback !== undefined);
    this.#heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  #pop(): Entry | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.#before(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #before(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    return first !== undefined && second !== undefined && isBefore(first, second);
  }

  #swapIfBefore(lower: number, upper: number): boolean {
    const a = this.#heap[lower];
    const b = this.#heap[upper];
    if (a === undefined || b === undefined || !isBefore(a, b)) return false;
    this.#heap[lower] = b;
    this.#heap[upper] = a;
    return true;
  }
}
