import { spawn } from "node:child_process";
import { once } from "node:events";
import { flashOver } from "@halfshaft/bench/flash-over";
import { type CanBus, openBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { openIsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import { loadAddon, openKernelIsoTp } from "@halfshaft/vehicle-net/socketcan";
import { measureLoad, type Load } from "./machine-load.ts";

export interface SocketCanResult {
  readonly case: string;
  readonly frames: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** CPU of the whole machine, both ends and the kernel, per frame. */
  readonly cpuMicrosecondsPerFrame: number;
}

/** Message lengths up to 4095 fit the classic first frame, and what isotpsend takes. */
const MESSAGE_BYTES = 4095;
/** First frame, consecutive frames of 7 bytes, one flow control. */
const FRAMES_PER_MESSAGE = 1 + Math.ceil((MESSAGE_BYTES - 6) / 7) + 1;

/** Frames from one socket of the driver to another, as many ahead as ISO-TP hands over. */
export async function measureFrames(interfaceName: string, frames: number): Promise<SocketCanResult> {
  return withTwo(interfaceName, async (sender, receiver) => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const load = await measureLoad(async () => {
      const all = countFrames(receiver, frames);
      for (let sent = 0; sent < frames; sent += 32) {
        await Promise.all(
          Array.from({ length: Math.min(32, frames - sent) }, () => sender.send({ id: 0x7e0, data })),
        );
      }
      await all;
    });
    return result("driver, raw frames", frames, frames * data.length, load);
  });
}

/** Messages of 4095 bytes through our ISO-TP on the driver, both ends in this process. */
export async function measureIsoTp(interfaceName: string, messages: number): Promise<SocketCanResult> {
  return withTwo(interfaceName, async (tester, ecu) => {
    const sender = openIsoTpChannel(tester, realClock, {
      addressing: { mode: "normal", txId: 0x7e0, rxId: 0x7e8 },
    });
    const receiver = openIsoTpChannel(ecu, realClock, {
      addressing: { mode: "normal", txId: 0x7e8, rxId: 0x7e0 },
    });
    const load = await measureLoad(async () => {
      for (let count = 0; count < messages; count += 1) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const unsubscribe = receiver.subscribe({ message: () => resolve() });
        await Promise.all([sender.send(new Uint8Array(MESSAGE_BYTES)), promise]);
        unsubscribe();
      }
    });
    return result("driver, our ISO-TP", messages * FRAMES_PER_MESSAGE, messages * MESSAGE_BYTES, load);
  });
}

/** A whole flash of `bytes` over UDS: agent's installer and simulated ECU, both in this process. */
export async function measureFlash(interfaceName: string, bytes: number): Promise<SocketCanResult> {
  return withTwo(interfaceName, async (gateway, ecu) => {
    const witness = await openBus(`socketcan:${interfaceName}`, { clock: realClock });
    let frames = 0;
    witness.subscribe(() => (frames += 1));
    try {
      const load = await measureLoad(() => flashOver(gateway, ecu, bytes));
      return result("flash over UDS", frames, bytes, load);
    } finally {
      await witness.close();
    }
  });
}

/** The same messages between two ISO-TP sockets of the kernel in this process: the least that any of it can cost. */
export async function measureKernelIsoTp(
  interfaceName: string,
  messages: number,
): Promise<SocketCanResult | undefined> {
  const addon = loadAddon();
  if (addon === undefined) return undefined;
  const sender = openKernelIsoTp(addon, realClock, { interfaceName, txId: 0x7e0, rxId: 0x7e8 });
  const receiver = openKernelIsoTp(addon, realClock, { interfaceName, txId: 0x7e8, rxId: 0x7e0 });
  try {
    const load = await measureLoad(async () => {
      for (let count = 0; count < messages; count += 1) {
        await Promise.all([sender.send(new Uint8Array(MESSAGE_BYTES)), receiver.receive()]);
      }
    });
    return result("kernel ISO-TP sockets", messages * FRAMES_PER_MESSAGE, messages * MESSAGE_BYTES, load);
  } finally {
    sender.close();
    receiver.close();
  }
}

/** The same messages from isotpsend to isotprecv of can-utils: the kernel's own ISO-TP, a process for each message. */
export async function measureCanUtils(interfaceName: string, messages: number): Promise<SocketCanResult> {
  const receiver = spawn("isotprecv", ["-l", "-s", "7E8", "-d", "7E0", interfaceName], { stdio: "ignore" });
  try {
    await realClock.sleep(500);
    const oneMessage = `isotpsend -D ${MESSAGE_BYTES} -s 7E0 -d 7E8 ${interfaceName}`;
    const load = await measureLoad(async () => {
      const script = `i=0; while [ $i -lt ${messages} ]; do ${oneMessage} || exit 1; i=$((i + 1)); done`;
      await once(spawn("sh", ["-c", script], { stdio: "inherit" }), "close");
    });
    return result("isotpsend | isotprecv", messages * FRAMES_PER_MESSAGE, messages * MESSAGE_BYTES, load);
  } finally {
    receiver.kill();
  }
}

async function withTwo<T>(interfaceName: string, use: (a: CanBus, b: CanBus) => Promise<T>): Promise<T> {
  const url = `socketcan:${interfaceName}`;
  const a = await openBus(url, { clock: realClock });
  const b = await openBus(url, { clock: realClock });
  try {
    return await use(a, b);
  } finally {
    await a.close();
    await b.close();
  }
}

function countFrames(bus: CanBus, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let missing = count;
  const unsubscribe = bus.subscribe(() => {
    missing -= 1;
    if (missing > 0) return;
    unsubscribe();
    resolve();
  });
  return promise;
}

function result(name: string, frames: number, bytes: number, { seconds, cpuMs }: Load): SocketCanResult {
  const framesPerSecond = frames / seconds;
  return {
    case: name,
    frames,
    bytes,
    seconds,
    framesPerSecond,
    cpuMicrosecondsPerFrame: (cpuMs * 1000) / frames,
  };
}
