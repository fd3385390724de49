import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  frameBits,
  openBus,
  type CanBus,
  type CanFrame,
  type ReceivedFrame,
} from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { openIsoTpChannel, type IsoTpChannel, type IsoTpOptions } from "@halfshaft/vehicle-net/isotp";
import { loadAddon, openKernelIsoTp, type KernelIsoTpOptions } from "@halfshaft/vehicle-net/socketcan";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findTool } from "./run-tool.ts";
import { makeVcan, run, type TestInterface } from "./test-interface.ts";
import { Witness } from "./witness.ts";

/** Everything that a test opens, closed in reverse. */
const opened: (() => Promise<void> | void)[] = [];
let vcan: TestInterface;

beforeEach(() => {
  vcan = makeVcan({ fd: true });
});
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
  vcan.delete();
});

async function open(): Promise<CanBus> {
  const bus = await openBus(`socketcan:${vcan.name}`, { clock: realClock });
  opened.push(() => bus.close());
  return bus;
}

async function channel(options: Partial<IsoTpOptions> = {}): Promise<IsoTpChannel> {
  const addressing = { mode: "normal", txId: 0x7e0, rxId: 0x7e8 } as const;
  return openIsoTpChannel(await open(), realClock, { addressing, ...options });
}

function nextMessage(from: IsoTpChannel): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  from.subscribe({ message: resolve, failed: reject });
  return promise;
}

const counting = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + 1) & 0xff);
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex").toUpperCase();

describe.skipIf(loadAddon() === undefined)("kernel ISO-TP (skipped where the add-on is not built)", () => {
  const kernel = (options: Partial<KernelIsoTpOptions> = {}) => {
    const ids = { interfaceName: vcan.name, txId: 0x7e8, rxId: 0x7e0 };
    const socket = openKernelIsoTp(loadAddon()!, realClock, { ...ids, ...options });
    opened.push(() => socket.close());
    return socket;
  };

  // Around the ends of single frame, first frame and sequence number, and beyond 4095 (escape length).
  const CLASSIC_LENGTHS = [1, 7, 8, 13, 14, 112, 4095, 8200];
  const FD_LENGTHS = [7, 8, 62, 63, 64, 125, 126, 1000, 4095, 8200];

  test("V2 the Linux kernel receives what we send, classic frames of any length", async () => {
    const [ours, theirs] = [await channel(), kernel()];
    for (const length of CLASSIC_LENGTHS) {
      await ours.send(counting(length));
      expect(hex(await theirs.receive())).toBe(hex(counting(length)));
    }
  });

  test("V2 we receive what the Linux kernel sends, classic frames of any length", async () => {
    const [ours, theirs] = [await channel(), kernel()];
    for (const length of CLASSIC_LENGTHS) {
      const message = nextMessage(ours);
      await theirs.send(counting(length));
      expect(hex(await message)).toBe(hex(counting(length)));
    }
  });

  test.each([12, 16, 20, 24, 32, 48, 64])(
    "V2 FD frames of TX_DL %i pass both ways with the Linux kernel",
    async (txDl) => {
      const [ours, theirs] = [await channel({ txDl }), kernel({ txDl })];
      for (const length of FD_LENGTHS) {
        await ours.send(counting(length));
        expect(hex(await theirs.receive())).toBe(hex(counting(length)));
        const message = nextMessage(ours);
        await theirs.send(counting(length));
        expect(hex(await message)).toBe(hex(counting(length)));
      }
    },
  );

  test.each([
    { blockSize: 1, stMin: 0 },
    { blockSize: 8, stMin: 1 },
    { blockSize: 15, stMin: 0xf5 },
    { blockSize: 0, stMin: 2 },
  ])(
    "V2 block size $blockSize and STmin $stMin are kept both ways with the Linux kernel",
    async ({ blockSize, stMin }) => {
      const stMinMs = stMin > 0x7f ? (stMin - 0xf0) / 10 : stMin;
      const [ours, theirs] = [await channel({ blockSize, stMinMs }), kernel({ blockSize, stMin })];
      await ours.send(counting(300));
      expect(hex(await theirs.receive())).toBe(hex(counting(300)));
      const message = nextMessage(ours);
      await theirs.send(counting(300));
      expect(hex(await message)).toBe(hex(counting(300)));
    },
  );

  test("V2 29-bit identifiers pass both ways with the Linux kernel", async () => {
    const addressing = { mode: "normal-fixed", sourceAddress: 0xf1, targetAddress: 0x10 } as const;
    const theirs = kernel({ txId: 0x18da_f110, rxId: 0x18da_10f1, extended: true });
    const ours = await channel({ addressing });
    await ours.send(counting(100));
    expect(hex(await theirs.receive())).toBe(hex(counting(100)));
    const message = nextMessage(ours);
    await theirs.send(counting(100));
    expect(hex(await message)).toBe(hex(counting(100)));
  });

  test("V2 both ends send at the same time: the Linux kernel and we", async () => {
    const [ours, theirs] = [await channel(), kernel()];
    const message = nextMessage(ours);
    await Promise.all([ours.send(counting(2000)), theirs.send(counting(3000))]);
    expect(hex(await theirs.receive())).toBe(hex(counting(2000)));
    expect(hex(await message)).toBe(hex(counting(3000)));
  });
});

/** From Linux 6.1 on the kernel marks FD frames with CANFD_FDF (4) among the flags that candump prints; before, it does not. */
const withoutFormatFlag = (text = ""): string =>
  text.replace(/##(.)/u, (_, flags: string) => `##${Number.parseInt(flags, 16) & ~4}`);

describe.skipIf(findTool("candump") === undefined)("can-utils (skipped where not installed)", () => {
  const witness = async (...command: [string, ...string[]]): Promise<Witness> => {
    const started = await Witness.listening(vcan.name, command);
    opened.push(() => started.stop());
    return started;
  };

  test.each<[string, CanFrame]>([
    ["123#DEADBEEF", { id: 0x123, data: Uint8Array.of(0xde, 0xad, 0xbe, 0xef) }],
    ["7FF#", { id: 0x7ff, data: new Uint8Array() }],
    ["18DA10F1#01", { id: 0x18da_10f1, extended: true, data: Uint8Array.of(1) }],
    ["7E0##1020304", { id: 0x7e0, fd: true, brs: true, data: Uint8Array.of(2, 3, 4) }],
    ["7E0##3AABB", { id: 0x7e0, fd: true, brs: true, esi: true, data: Uint8Array.of(0xaa, 0xbb) }],
  ])("V1 candump prints %s for our frame, and we receive it from cansend", async (text, frame) => {
    const candump = await witness("candump", "-L", vcan.name);
    const bus = await open();
    await bus.send(frame);
    expect(withoutFormatFlag((await candump.line()).split(" ")[2])).toBe(text);
    const { promise, resolve } = Promise.withResolvers<ReceivedFrame>();
    bus.subscribe(resolve);
    run("cansend", [vcan.name, text]);
    expect(await promise).toMatchObject(frame);
  });

  test.each([
    ["classic", [], {}],
    ["FD", ["-L", "72:64:1"], { txDl: 64 }],
  ] as const)("V2 isotprecv prints what we send, %s", async (_, linkLayer, options) => {
    const isotprecv = await witness("isotprecv", "-s", "7E8", "-d", "7E0", ...linkLayer, vcan.name);
    await (await channel(options)).send(counting(500));
    expect((await isotprecv.line()).replaceAll(" ", "")).toBe(hex(counting(500)));
  });

  test.each([
    ["classic", [], {}],
    ["FD", ["-L", "72:64:1"], { txDl: 64 }],
  ] as const)("V2 we receive what isotpsend sends, %s", async (_, linkLayer, options) => {
    const message = nextMessage(await channel(options));
    const isotpsend = spawn("isotpsend", ["-s", "7E8", "-d", "7E0", ...linkLayer, vcan.name], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    isotpsend.stdin.end([...counting(500)].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
    expect(hex(await message)).toBe(hex(counting(500)));
    await once(isotpsend, "close");
  });

  test("V1 canbusload counts the very bits that our bit timing gives, stuffing included", async () => {
    const frames: CanFrame[] = Array.from({ length: 60 }, (_, index) => ({
      id: index % 2 === 0 ? index * 31 : index * 8_000_000,
      extended: index % 2 === 1,
      data: Uint8Array.from({ length: index % 9 }, (_, byte) =>
        index % 3 === 0 ? 0 : index * 37 + byte * 11,
      ),
    }));
    const canbusload = await witness("canbusload", "-e", `${vcan.name}@500000`);
    const bus = await open();
    await Promise.all(frames.map((frame) => bus.send(frame)));
    const counted = { frames: 0, bits: 0 };
    const extra: CanFrame[] = [];
    let line: Promise<string> | undefined;
    while (counted.frames < frames.length) {
      line ??= canbusload.line();
      // It waits with a signal mask that it never sets. Where that keeps its alarm out, one more frame lets it print.
      const printed = await Promise.race([line, realClock.sleep(3_000)]);
      if (printed === undefined) {
        extra.push(frames[1]!);
        await bus.send(frames[1]!);
        continue;
      }
      line = undefined;
      const match = /@500000\s+(\d+)\s+(\d+)\s/u.exec(printed);
      counted.frames += Number(match?.[1] ?? 0);
      counted.bits += Number(match?.[2] ?? 0);
    }
    const ours = [...frames, ...extra].slice(0, counted.frames).map((frame) => frameBits(frame).nominalBits);
    expect(counted).toEqual({ frames: ours.length, bits: ours.reduce((sum, bits) => sum + bits, 0) });
  });
});
