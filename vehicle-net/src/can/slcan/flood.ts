import type { Clock } from "../../clock/clock.ts";
import { realClock } from "../../clock/real-clock.ts";
import { VirtualClock } from "../../clock/virtual-clock.ts";
import { frameTimeMs, type BitRates } from "../bit-timing.ts";
import type { CanBus } from "../bus.ts";
import type { CanFrame } from "../frame.ts";
import { VirtualBus } from "../virtual-bus.ts";
import type { SlcanDialectName } from "./dialect.ts";
import type { SimulatedAdapter } from "./simulated-adapter.ts";
import { MemoryPort, startSimulatedSlcan } from "./simulated-port.ts";
import { openSlcan } from "./slcan.ts";

export interface SlcanFloodOptions {
  /** Payload bytes to be sent. */
  readonly bytes: number;
  /** Nominal bit rate in bit/s; default 500,000. */
  readonly bitrate?: number;
  /** Data bit rate in bit/s; where given, frames are CAN FD with 64 bytes. */
  readonly dataBitrate?: number;
  /** Default `canable2`: its queue of 64 frames drops silently. */
  readonly dialect?: SlcanDialectName;
  /**
   * `virtual` (default): in virtual time, bytes take 1 ms each way. `real`: through a pseudo-terminal and the package
   * serialport, as fast as the bus is.
   */
  readonly mode?: "virtual" | "real";
  /** By how much the bus is slower than the driver believes, as a fraction; default 0. */
  readonly clockError?: number;
}

export interface SlcanFloodResult {
  readonly mode: "virtual" | "real";
  readonly bytes: number;
  readonly framesSent: number;
  /** As another node received them, intact and in order. */
  readonly framesReceived: number;
  readonly framesLost: number;
  readonly droppedByAdapter: number;
  /** Most frames that the adapter has ever had in its queue. */
  readonly fullestQueue: number;
  readonly limitBytesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly efficiency: number;
  readonly seconds: number;
}

/** Frames handed to the driver ahead: more than any adapter holds. */
const AHEAD = 256;

interface Rig {
  readonly sender: CanBus;
  readonly adapter: SimulatedAdapter;
  run<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Sends `bytes` through a simulated adapter at full speed and counts what comes out at the other end of the bus. The limit
 * is the time that these very frames take on a gapless bus.
 * @throws {CanError} what the driver says; in real mode `cannot-open` where there is no socat.
 */
export async function runSlcanFlood(options: SlcanFloodOptions): Promise<SlcanFloodResult> {
  const { bytes, bitrate = 500_000, dataBitrate, mode = "virtual", clockError = 0 } = options;
  const clock = mode === "virtual" ? new VirtualClock() : realClock;
  const bus = new VirtualBus({
    clock,
    bitrate: bitrate * (1 - clockError),
    dataBitrate: dataBitrate === undefined ? undefined : dataBitrate * (1 - clockError),
  });
  const receiver = bus.attach("receiver");
  const rig = await openRig(bus, clock, options);
  let framesReceived = 0;
  let nextIndex = 0;
  let firstMs = 0;
  let lastMs = 0;
  const due = (index: number): CanFrame => floodFrame(index, dataBitrate !== undefined);
  receiver.subscribe((frame) => {
    if (framesReceived === 0) firstMs = frame.atMs;
    lastMs = frame.atMs;
    const index = new DataView(frame.data.buffer, frame.data.byteOffset).getUint32(0);
    const isDue = index >= nextIndex && Buffer.compare(frame.data, due(index).data) === 0;
    if (!isDue) return;
    framesReceived += 1;
    nextIndex = index + 1;
  });
  const framesSent = Math.ceil(bytes / due(0).data.length);
  try {
    await rig.run(sendAll(rig.sender, framesSent, due));
    await rig.run(clock.sleep(SETTLE_MS));
  } finally {
    await rig.close();
    await bus.close();
  }
  const sent = framesSent * due(0).data.length;
  const rates = { bitrate, dataBitrate };
  const seconds = (lastMs - firstMs + frameTimeMs(due(0), rates)) / 1000;
  const limitBytesPerSecond = sent / limitSeconds(framesSent, due, rates);
  return {
    mode,
    bytes: sent,
    framesSent,
    framesReceived,
    framesLost: framesSent - framesReceived,
    droppedByAdapter: rig.adapter.dropped,
    fullestQueue: rig.adapter.fullest,
    limitBytesPerSecond,
    bytesPerSecond: sent / seconds,
    efficiency: sent / seconds / limitBytesPerSecond,
    seconds,
  };
}

/** After the last departure, as the driver computes it, for what is still in the adapter. */
const SETTLE_MS = 100;

async function openRig(bus: VirtualBus, clock: Clock, options: SlcanFloodOptions): Promise<Rig> {
  const { bitrate = 500_000, dataBitrate, dialect = "canable2" } = options;
  const data = dataBitrate === undefined ? "" : `&data=${dataBitrate}`;
  const simulated = { bus, name: "adapter", dialect, bitrate, dataBitrate };
  if (clock instanceof VirtualClock) {
    const port = new MemoryPort({ ...simulated, clock });
    const opening = openSlcan(`slcan:memory?bitrate=${bitrate}${data}`, clock, {
      openPort: async () => port,
    });
    const run = <T>(promise: Promise<T>): Promise<T> => clock.run(promise, { capMs: Infinity });
    const sender = await run(opening);
    return { sender, adapter: port.adapter, run, close: () => sender.close() };
  }
  const started = await startSimulatedSlcan(simulated);
  const sender = await openSlcan(`slcan:${started.path}?bitrate=${bitrate}${data}`, clock);
  const close = async (): Promise<void> => {
    await sender.close();
    await started.close();
  };
  return { sender, adapter: started.adapter, run: (promise) => promise, close };
}

async function sendAll(bus: CanBus, count: number, due: (index: number) => CanFrame): Promise<void> {
  const ahead: Promise<number>[] = [];
  for (let index = 0; index < count; index += 1) {
    ahead.push(bus.send(due(index)));
    if (ahead.length >= AHEAD) await ahead.shift();
  }
  await Promise.all(ahead);
}

/** No two of 2³² are equal, and the bits look random: as many stuff bits as in firmware. */
function floodFrame(index: number, isFd: boolean): CanFrame {
  const data = new Uint8Array(isFd ? 64 : 8);
  const view = new DataView(data.buffer);
  view.setUint32(0, index);
  let mixed = index;
  for (let at = 4; at < data.length; at += 4) {
    mixed = (Math.imul(mixed ^ (mixed >>> 15), 0x2c1b_3c6d) + at) >>> 0;
    view.setUint32(at, mixed);
  }
  return { id: 0x7e0, data, fd: isFd, brs: isFd };
}

function limitSeconds(count: number, due: (index: number) => CanFrame, rates: BitRates): number {
  let ms = 0;
  for (let index = 0; index < count; index += 1) ms += frameTimeMs(due(index), rates);
  return ms / 1000;
}
