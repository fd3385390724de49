import type { CanError } from "./bus.ts";

interface PendingSend {
  readonly line: string;
  readonly resolve: (atMs: number) => void;
  readonly reject: (error: CanError) => void;
}

/** Frames on their way to a device that acknowledges them in order: some in flight, the rest waiting for their turn. */
export class SendWindow {
  readonly #limit: number;
  readonly #transmit: (line: string) => void;
  readonly #inFlight: PendingSend[] = [];
  readonly #waiting: PendingSend[] = [];

  /** @param limit how many may be in flight. */
  constructor(limit: number, transmit: (line: string) => void) {
    this.#limit = limit;
    this.#transmit = transmit;
  }

  /** Resolves with the time given to `departed` when this line is the oldest in flight. */
  push(line: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.push({ line, resolve, reject });
    this.#fill();
    return promise;
  }

  /** The oldest in flight has left at `atMs`. */
  departed(atMs: number): void {
    this.#inFlight.shift()?.resolve(atMs);
    this.#fill();
  }

  /** The oldest in flight was given up. */
  failed(error: CanError): void {
    this.#inFlight.shift()?.reject(error);
    this.#fill();
  }

  /** Nothing more will leave. */
  abandon(error: CanError): void {
    for (const { reject } of [...this.#inFlight.splice(0), ...this.#waiting.splice(0)]) reject(error);
  }

  #fill(): void {
    while (this.#inFlight.length < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inFlight.push(next);
      this.#transmit(next.line);
    }
  }
}
