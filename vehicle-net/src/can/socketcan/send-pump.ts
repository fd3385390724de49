import type { Clock, Timer } from "../../clock/clock.ts";
import type { CanError } from "../bus.ts";
import { BATCH_SLOTS, EAGAIN, EINVAL, EMSGSIZE, ENOBUFS } from "./native.ts";
import type { RawSocket } from "./raw-socket.ts";
import { noAcknowledge, notExpressible } from "./socketcan-error.ts";
import { TransmitQueue } from "./transmit-queue.ts";

/** Frames that the kernel may hold for us: their echoes fit any receive buffer, and a bus of 1 Mbit/s stays busy. */
const MOST_IN_FLIGHT = 128;
/** Full queues are tried again with the next echo; frames of other sockets may fill them too, and those tell us nothing. */
const RETRY_MS = 2;
/** N_As of ISO 15765-2: later than that nobody waits for the frame any more. */
const DEPARTURE_TIMEOUT_MS = 1000;

/** Hands frames to the kernel as fast as it takes them: what its queue refuses stays here, in order, until it has room. */
export class SendPump {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #socket: Pick<RawSocket, "send" | "awaitWritable">;
  readonly #failed: (errno: number) => void;
  readonly #queue = new TransmitQueue();
  #scheduled = false;
  #closed = false;
  #retry: Timer | undefined;
  #watch: Timer | undefined;
  #progressMs = 0;

  /** @param failed told an errno that is neither a full queue nor about one frame. */
  constructor(
    name: string,
    clock: Clock,
    socket: Pick<RawSocket, "send" | "awaitWritable">,
    failed: (errno: number) => void,
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#socket = socket;
    this.#failed = failed;
  }

  /** Resolves with the time at which the frame has left. Frames pushed in one turn cost one system call. */
  push(record: Uint8Array): Promise<number> {
    const departure = this.#queue.push(record);
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        if (this.#retry === undefined) this.resume();
      });
    }
    return departure;
  }

  /** There may be room again. */
  resume(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    while (!this.#closed) {
      const room = Math.min(BATCH_SLOTS, MOST_IN_FLIGHT - this.#queue.inFlight);
      const records = this.#queue.peek(room);
      if (records.length === 0) break;
      const taken = this.#socket.send(records);
      if (taken > 0) this.#queue.taken(taken);
      else if (!this.#goesOnAfter(-taken)) break;
    }
    this.#watchDeparture();
  }

  echoed(record: Uint8Array, atMs: number, skipped: (record: Uint8Array) => CanError | undefined): void {
    if (this.#queue.echoed(record, atMs, skipped)) this.#progressMs = this.#clock.now();
  }

  rejectAll(error: CanError, options: { readonly forget: boolean }): void {
    this.#queue.rejectAll(error, options);
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#watch?.cancel();
  }

  /** @returns whether the next frame may be tried at once. */
  #goesOnAfter(errno: number): boolean {
    if (errno === EINVAL || errno === EMSGSIZE) {
      this.#queue.refused(notExpressible(this.#name));
      return true;
    }
    if (errno === EAGAIN) this.#socket.awaitWritable();
    else if (errno === ENOBUFS) this.#retry = this.#clock.after(RETRY_MS, () => this.resume());
    else this.#failed(errno);
    return false;
  }

  /** One timer for all: it looks whether anything has left since, and waits on if so. */
  #watchDeparture(): void {
    if (this.#watch !== undefined || this.#closed || this.#isIdle()) return;
    this.#progressMs = this.#clock.now();
    this.#watch = this.#clock.after(DEPARTURE_TIMEOUT_MS, () => this.#look());
  }

  #look(): void {
    this.#watch = undefined;
    if (this.#isIdle()) return;
    const dueMs = this.#progressMs + DEPARTURE_TIMEOUT_MS;
    if (this.#clock.now() < dueMs) {
      this.#watch = this.#clock.at(dueMs, () => this.#look());
      return;
    }
    // What the kernel holds it goes on trying: its echo may still come, long after anybody waits for it.
    this.#queue.rejectAll(noAcknowledge(this.#name, DEPARTURE_TIMEOUT_MS), { forget: false });
  }

  #isIdle(): boolean {
    return this.#queue.waiting === 0 && this.#queue.inFlight === 0;
  }
}
