import type { Clock } from "../../clock/clock.ts";
import { CanError, type BusCapabilities } from "../bus.ts";
import { CLASSIC_MAX_LENGTH, checkFrame } from "../frame-length.ts";
import type { CanFrame, ReceivedFrame } from "../frame.ts";
import type { CanInterface } from "./interface.ts";
import { passes, type CanFilter } from "./kernel-frame.ts";
import type { SocketCanBus } from "./socketcan-bus.ts";
import { noAcknowledge, notExpressible } from "./socketcan-error.ts";

/** What is used of the npm package `socketcan` 4.3 (its own types lie in files that only its build resolves). */
interface RawChannel {
  addListener(event: "onMessage", listener: (message: NpmMessage) => void): void;
  start(): void;
  stop(): void;
  /** Bytes sent, or −1 for whatever reason. */
  send(message: NpmMessage): number;
  sendFD(message: NpmMessage): number;
}

interface NpmMessage {
  readonly id: number;
  /** Left out in what it receives where false. */
  readonly ext?: boolean;
  readonly rtr?: boolean;
  readonly err?: boolean;
  readonly data: Buffer;
}

interface NpmSocketCan {
  createRawChannelWithOptions(name: string, options: { non_block_send: boolean }): RawChannel;
}

const RETRY_MS = 2;
const DEPARTURE_TIMEOUT_MS = 1000;

/**
 * The fallback where the add-on has not been built: the npm package `socketcan`. What it cannot do:
 * - the time of departure is the time at which the kernel took the frame, not when it left;
 * - FD frames of up to 8 bytes are received as classic ones, BRS and ESI are never known;
 * - a full queue, an interface that went down and a deleted one all look alike: `no-acknowledge` after a second;
 * - bus-off and other error frames are not seen; a flood may lose frames without a word.
 * @throws {CanError} `cannot-open`
 */
export async function openNpmSocketCan(
  facts: CanInterface,
  filters: readonly CanFilter[],
  clock: Clock,
): Promise<SocketCanBus> {
  const packageName = "socketcan";
  try {
    const loaded = (await import(packageName)) as NpmSocketCan & { readonly default?: NpmSocketCan };
    const library = loaded.default ?? loaded;
    // Without non_block_send a full queue would stop the whole process.
    const channel = library.createRawChannelWithOptions(facts.name, { non_block_send: true });
    return new NpmSocketCanBus(channel, facts, filters, clock);
  } catch (cause) {
    throw new CanError(
      "cannot-open",
      `Neither the add-on nor the npm package socketcan opens ${facts.name}.`,
      {
        help: "Build the add-on with: sh vehicle-net/native/socketcan/build.sh",
        cause,
      },
    );
  }
}

class NpmSocketCanBus implements SocketCanBus {
  readonly driver = "npm";
  readonly droppedFrames = 0;
  readonly capabilities: BusCapabilities;
  readonly #channel: RawChannel;
  readonly #name: string;
  readonly #filters: readonly CanFilter[];
  readonly #clock: Clock;
  readonly #listeners = new Set<{ readonly receive: (frame: ReceivedFrame) => void }>();
  readonly #closing = new AbortController();
  /** Sends go one after the other: a frame that waits for room holds back the later ones. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(channel: RawChannel, facts: CanInterface, filters: readonly CanFilter[], clock: Clock) {
    const { name, fd, bitrate, dataBitrate } = facts;
    this.capabilities = { fd, bitrate, dataBitrate };
    this.#channel = channel;
    this.#name = name;
    this.#filters = filters;
    this.#clock = clock;
    channel.addListener("onMessage", (message) => this.#received(message));
    channel.start();
  }

  async send(frame: CanFrame): Promise<number> {
    this.#closing.signal.throwIfAborted();
    checkFrame(frame);
    if (frame.fd === true && !this.capabilities.fd) throw notExpressible(this.#name);
    const { id, extended = false, fd = false } = frame;
    const message = { id, ext: extended, rtr: false, data: Buffer.from(frame.data) };
    const departure = this.#turn.then(() => this.#transmit(message, fd));
    this.#turn = departure.catch(() => undefined);
    return departure;
  }

  subscribe(listener: (frame: ReceivedFrame) => void): () => void {
    const subscription = { receive: listener };
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  subscribeErrors(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    // A second stop() of the package throws.
    if (this.#closing.signal.aborted) return;
    this.#listeners.clear();
    this.#closing.abort(new CanError("closed", `The interface ${this.#name} has been closed.`));
    this.#channel.stop();
  }

  async #transmit(message: NpmMessage, fd: boolean): Promise<number> {
    const giveUpMs = this.#clock.now() + DEPARTURE_TIMEOUT_MS;
    for (;;) {
      this.#closing.signal.throwIfAborted();
      const sent = fd ? this.#channel.sendFD(message) : this.#channel.send(message);
      if (sent >= 0) return this.#clock.now();
      if (this.#clock.now() >= giveUpMs) throw noAcknowledge(this.#name, DEPARTURE_TIMEOUT_MS);
      await this.#clock.sleep(RETRY_MS, this.#closing.signal);
    }
  }

  #received({ id, ext, rtr, err, data }: NpmMessage): void {
    if (rtr === true || err === true) return;
    const fd = data.length > CLASSIC_MAX_LENGTH ? { fd: true } : {};
    const frame = { id, extended: ext === true, data: new Uint8Array(data), ...fd, atMs: this.#clock.now() };
    if (!passes(this.#filters, frame)) return;
    for (const { receive } of this.#listeners) receive(frame);
  }
}
