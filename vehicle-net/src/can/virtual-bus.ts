import type { Clock, Timer } from "../clock/clock.ts";
import { BusOffRecovery } from "./bus-off-recovery.ts";
import type { BusFaults } from "./bus-faults.ts";
import type { BusStatistics } from "./bus-statistics.ts";
import { CanError, type BusCapabilities } from "./bus.ts";
import type { CanFrame, ReceivedFrame } from "./frame.ts";
import { VirtualNode, type NodeHost, type NodeOptions, type Transmission } from "./virtual-node.ts";
import { WireSchedule } from "./wire-schedule.ts";

export interface VirtualBusOptions {
  readonly clock: Clock;
  /**
   * The clock's `at` in finer grain, for the last frames before the bus falls idle: somebody waits for them, while a
   * timer that comes late amid a stream costs nothing. Default: the clock's own.
   */
  readonly fineAt?: Clock["at"];
  /** Nominal bit rate in bit/s. */
  readonly bitrate: number;
  /** Data bit rate in bit/s of frames with bit rate switch. */
  readonly dataBitrate?: number;
  /** Whether FD frames may be sent; default: where a data bit rate is given. */
  readonly fd?: boolean;
  readonly faults?: BusFaults;
  /** How long a frame that nobody acknowledges is repeated, ms; default 500. A real controller never gives up. */
  readonly acknowledgeTimeoutMs?: number;
}

export type BusTap = (frame: CanFrame, atMs: number, sender: string) => void;

/** A frame was ended by an error frame; its sender sends it again. */
export interface ErrorFrame {
  /** Frame that it ended. */
  readonly frame: CanFrame;
  readonly sender: string;
  /** `bit`: somebody saw another bit than was sent; `acknowledge`: nobody received it; `cut-off`: its sender went away. */
  readonly kind: "bit" | "acknowledge" | "cut-off";
  /** The clock's time of its end, ms. */
  readonly atMs: number;
}

/** An attempt from its first bit to its last. */
interface OnWire {
  readonly node: VirtualNode;
  readonly transmission: Transmission;
  readonly startMs: number;
  readonly outcome: "sent" | "lost" | "corrupted" | "unacknowledged";
}

/**
 * What an error frame adds where it takes the place of end of frame: its flag of six bits and the one by which the
 * other side's flag is late, its delimiter of eight, less the seven bits of end of frame.
 */
const ERROR_FRAME_EXTRA_BITS = 6 + 1 + 8 - 7;

/** So few frames pass within about the grain of an event loop's timers, a millisecond at 500 kbit/s. */
const LAST_FRAMES = 4;

/**
 * A CAN bus in this process with exact bit timing and arbitration. It keeps a schedule of its own: a late timer makes
 * nothing slower, since everything due is worked off with the time at which it happened on the wire.
 */
export class VirtualBus {
  readonly capabilities: BusCapabilities;
  readonly #clock: Clock;
  readonly #fineAt: Clock["at"];
  readonly #schedule: WireSchedule;
  readonly #acknowledgeTimeoutMs: number;
  readonly #host: NodeHost;
  /** Replaced, never changed, so that a listener may attach and close nodes. */
  #nodes: readonly VirtualNode[] = [];
  readonly #taps = new Set<{ readonly show: BusTap }>();
  readonly #errorTaps = new Set<{ readonly show: (error: ErrorFrame) => void }>();
  readonly #recoveries = new Set<BusOffRecovery>();
  #faults: BusFaults | undefined;
  #onWire: OnWire | undefined;
  /** Next thing to do: end the frame on the wire, or arbitrate. */
  #eventMs = Infinity;
  #timer: Timer | undefined;
  #timerMs = Infinity;
  #isWorking = false;
  #attempts = 0;
  #frames = 0;
  #bytes = 0;
  #errorFrames = 0;

  constructor(options: VirtualBusOptions) {
    const { clock, bitrate, dataBitrate } = options;
    this.#clock = clock;
    this.#fineAt = options.fineAt ?? ((atMs, callback) => clock.at(atMs, callback));
    this.#schedule = new WireSchedule({ bitrate, dataBitrate });
    this.capabilities = { fd: options.fd ?? dataBitrate !== undefined, bitrate, dataBitrate };
    this.#acknowledgeTimeoutMs = options.acknowledgeTimeoutMs ?? 500;
    this.#faults = options.faults;
    this.#host = {
      capabilities: this.capabilities,
      nowMs: () => clock.now(),
      queued: () => this.#queued(),
      detach: (node) => {
        this.#nodes = this.#nodes.filter((other) => other !== node);
      },
      awaitRecovery: (back) => this.#awaitRecovery(back),
    };
  }

  /** Puts a node on the bus. Nodes that send the same identifier at once win in the order of their attachment. */
  attach(name: string, options?: NodeOptions): VirtualNode {
    const node = new VirtualNode(this.#host, name, options);
    this.#nodes = [...this.#nodes, node];
    return node;
  }

  /** Shows every frame that was sent to its end, also those that the receivers lose. Returns what ends it. */
  onFrame(tap: BusTap): () => void {
    const entry = { show: tap };
    this.#taps.add(entry);
    return () => this.#taps.delete(entry);
  }

  /** Shows every error frame. Returns what ends it. */
  onErrorFrame(tap: (error: ErrorFrame) => void): () => void {
    const entry = { show: tap };
    this.#errorTaps.add(entry);
    return () => this.#errorTaps.delete(entry);
  }

  /** Faults from the next frame on; `undefined` ends them. */
  injectFaults(faults: BusFaults | undefined): void {
    this.#faults = faults;
  }

  statistics(): BusStatistics {
    return {
      atMs: this.#clock.now(),
      frames: this.#frames,
      bytes: this.#bytes,
      errorFrames: this.#errorFrames,
      busyMs: this.#schedule.busyMs,
      queued: this.#queueLength,
    };
  }

  /** Works off what is due by now, for those who look at queues before a late timer does. */
  catchUp(): void {
    if (!this.#isWorking) this.#work();
  }

  /** Closes all nodes. */
  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()));
    this.#timer?.cancel();
  }

  get #queueLength(): number {
    return this.#nodes.reduce((sum, node) => sum + node.queueLength, 0);
  }

  #queued(): void {
    if (this.#onWire === undefined) {
      const startMs = Math.max(this.#clock.now(), this.#schedule.freeMs);
      this.#eventMs = Math.min(this.#eventMs, startMs);
    }
    if (!this.#isWorking) this.#arm();
  }

  #arm(): void {
    if (this.#timerMs === this.#eventMs) return;
    this.#timer?.cancel();
    this.#timerMs = this.#eventMs;
    this.#timer = this.#eventMs === Infinity ? undefined : this.#timerAt(this.#eventMs);
  }

  #timerAt(atMs: number): Timer {
    const fire = (): void => this.#fire();
    return this.#queueLength > LAST_FRAMES ? this.#clock.at(atMs, fire) : this.#fineAt(atMs, fire);
  }

  #fire(): void {
    this.#timerMs = Infinity;
    this.#work();
  }

  #work(): void {
    this.#isWorking = true;
    const nowMs = this.#clock.now();
    try {
      while (this.#eventMs <= nowMs) {
        if (this.#onWire === undefined) this.#arbitrate(this.#eventMs);
        else this.#endFrame(this.#onWire, this.#eventMs);
      }
    } finally {
      this.#isWorking = false;
      this.#arm();
    }
  }

  /** Who was ready by then takes part: a frame queued later waits, even where this runs late. */
  #arbitrate(atMs: number): void {
    let winner: { node: VirtualNode; transmission: Transmission } | undefined;
    let nextReadyMs = Infinity;
    for (const node of this.#nodes) {
      const transmission = node.head;
      if (transmission === undefined) continue;
      if (transmission.readyMs > atMs) nextReadyMs = Math.min(nextReadyMs, transmission.readyMs);
      else if (winner === undefined || transmission.priority < winner.transmission.priority) {
        winner = { node, transmission };
      }
    }
    this.#eventMs = winner === undefined ? nextReadyMs : this.#start(winner.node, winner.transmission, atMs);
  }

  /** Returns the time of the next event. */
  #start(node: VirtualNode, transmission: Transmission, startMs: number): number {
    const { frame, bits } = transmission;
    const attempt = ++transmission.attempts;
    const sequence = this.#attempts++;
    const fault = this.#faults?.({ frame, sender: node.name, attempt, sequence, atMs: startMs });
    if (typeof fault === "object") {
      transmission.readyMs = startMs + Math.max(fault.delayMs, this.#schedule.bitMs);
      return startMs;
    }
    const isHeard = this.#nodes.some((other) => other !== node && !other.listenOnly && !other.isBusOff);
    const outcome =
      fault === "corrupt" ? "corrupted" : isHeard ? (fault === "lose" ? "lost" : "sent") : "unacknowledged";
    const isErrorFrame = outcome === "corrupted" || outcome === "unacknowledged";
    const extraBits = isErrorFrame ? ERROR_FRAME_EXTRA_BITS : 0;
    this.#onWire = { node, transmission, startMs, outcome };
    for (const recovery of this.#recoveries) recovery.frameStarts(startMs);
    return this.#schedule.occupy(startMs, { ...bits, nominalBits: bits.nominalBits + extraBits });
  }

  #endFrame({ node, transmission, startMs, outcome }: OnWire, atMs: number): void {
    this.#onWire = undefined;
    this.#eventMs = this.#schedule.freeMs;
    for (const recovery of this.#recoveries) recovery.frameEnded(this.#schedule.freeMs);
    if (node.head !== transmission) {
      // Its node was closed meanwhile: a frame cut off is an error frame to the others.
      this.#endInError(node, transmission, "cut-off", atMs);
    } else if (outcome === "sent" || outcome === "lost") {
      this.#complete(node, transmission.frame, atMs, outcome === "sent");
    } else if (outcome === "corrupted") {
      this.#endInError(node, transmission, "bit", atMs);
      node.countTransmitError("bit", atMs);
    } else {
      this.#endInError(node, transmission, "acknowledge", atMs);
      this.#repeatUnacknowledged(node, transmission, startMs, atMs);
    }
  }

  #endInError(node: VirtualNode, { frame }: Transmission, kind: ErrorFrame["kind"], atMs: number): void {
    this.#errorFrames += 1;
    for (const { show } of this.#errorTaps) show({ frame, sender: node.name, kind, atMs });
    if (kind === "acknowledge") return;
    for (const other of this.#nodes) if (other !== node && !other.isBusOff) other.countReceiveError(atMs);
  }

  #awaitRecovery(back: (atMs: number) => void): () => void {
    const recovery = new BusOffRecovery(this.#clock, this.#schedule.bitMs, (atMs) => {
      this.#recoveries.delete(recovery);
      back(atMs);
    });
    this.#recoveries.add(recovery);
    if (this.#onWire === undefined) recovery.idle(Math.max(this.#clock.now(), this.#schedule.freeMs));
    return () => {
      recovery.cancel();
      this.#recoveries.delete(recovery);
    };
  }

  #complete(node: VirtualNode, frame: CanFrame, atMs: number, isReceived: boolean): void {
    this.#frames += 1;
    this.#bytes += frame.data.length;
    for (const { show } of this.#taps) show(frame, atMs, node.name);
    node.finishHead(atMs);
    if (!isReceived) return;
    const received: ReceivedFrame = { ...frame, atMs };
    for (const other of this.#nodes) {
      if (other !== node && !other.isBusOff) other.deliver(received);
    }
  }

  #repeatUnacknowledged(node: VirtualNode, transmission: Transmission, startMs: number, atMs: number): void {
    node.countTransmitError("acknowledge", atMs);
    transmission.unacknowledgedSinceMs ??= startMs;
    if (atMs - transmission.unacknowledgedSinceMs < this.#acknowledgeTimeoutMs) return;
    const error = new CanError(
      "no-acknowledge",
      `Nobody acknowledged the frame ${transmission.frame.id.toString(16)} of "${node.name}" in ${transmission.attempts} attempts.`,
      { help: "Check that another node is powered, connected and set to the same bit rate." },
    );
    node.finishHead(atMs, error);
  }
}
