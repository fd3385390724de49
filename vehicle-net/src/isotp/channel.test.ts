import { expect, test } from "vitest";
import { expectWhile, expectWithin, VirtualClock } from "../clock/index.ts";
import type { IsoTpAddressing } from "./addressing.ts";
import { openFunctionalChannel, openIsoTpChannel, type IsoTpChannel } from "./channel.ts";
import { IsoTpError, IsoTpOptionError, type IsoTpFault } from "./error.ts";
import type { IsoTpOptions } from "./options.ts";
import { TestWire, type Fate } from "./test-wire.ts";
import { bytes, counting, hex } from "./testing.ts";

interface Inbox {
  readonly messages: string[];
  readonly log: string[];
  readonly faults: IsoTpFault[];
}

function inbox(channel: { subscribe: IsoTpChannel["subscribe"] }): Inbox {
  const box: Inbox = { messages: [], log: [], faults: [] };
  channel.subscribe({
    started: (length, atMs) => box.log.push(`started ${length} at ${atMs}`),
    message: (message, atMs) => {
      box.messages.push(hex(message));
      box.log.push(`message ${message.length} at ${atMs}`);
    },
    failed: (error) => {
      if (error instanceof IsoTpError) box.faults.push(error.fault);
    },
  });
  return box;
}

/** A tester and an ECU on one wire. */
function pair(options: Partial<IsoTpOptions> = {}, fate?: (index: number) => Fate) {
  const clock = new VirtualClock();
  const wire = new TestWire(clock, fate === undefined ? {} : { fate });
  const tester = openIsoTpChannel(wire.attach(), clock, {
    addressing: { mode: "normal", txId: 0x7e0, rxId: 0x7e8 },
    ...options,
  });
  const ecu = openIsoTpChannel(wire.attach(), clock, {
    addressing: { mode: "normal", txId: 0x7e8, rxId: 0x7e0 },
    ...options,
  });
  return { clock, wire, tester, ecu, received: inbox(ecu) };
}

test("V2 a short message arrives; send resolves with the time at which its frame had left", async () => {
  const { clock, wire, tester, received } = pair();
  expect(await clock.run(tester.send(bytes("3E 00")))).toBe(0.25);
  expect(received.log).toEqual(["message 2 at 0.25"]);
  expect(wire.frames).toEqual([{ id: 0x7e0, extended: false, data: bytes("02 3E 00 CC CC CC CC CC") }]);
});

test("V2 a long message goes over the wire frame by frame as in ISO 15765-2", async () => {
  const { clock, wire, tester, received } = pair({ blockSize: 1 });
  // FF, FC, CF, FC, CF of 0.25 ms each.
  expect(await clock.run(tester.send(counting(20)))).toBe(1.25);
  expect(received.log).toEqual(["started 20 at 0.25", "message 20 at 1.25"]);
  expect(wire.frames.map(({ id, data }) => `${id.toString(16)} ${hex(data)}`)).toEqual([
    "7e0 10 14 00 01 02 03 04 05",
    "7e8 30 01 00 CC CC CC CC CC",
    "7e0 21 06 07 08 09 0A 0B 0C",
    "7e8 30 01 00 CC CC CC CC CC",
    "7e0 22 0D 0E 0F 10 11 12 13",
  ]);
});

test("V2 without BS and STmin the bus has no gap from the first to the last frame", async () => {
  const { clock, wire, tester } = pair();
  expect(await clock.run(tester.send(counting(4095)))).toBe(wire.frames.length * 0.25);
});

test("V2 with STmin 1 ms every frame starts 1 ms after the last had left", async () => {
  const { clock, tester } = pair({ stMinMs: 1 });
  // FF and FC, then three consecutive frames with two gaps between them.
  expect(await clock.run(tester.send(counting(6 + 21)))).toBe(0.5 + 3 * 0.25 + 2 * 1);
});

test("V2 messages given to send at once arrive in order", async () => {
  const { clock, tester, received } = pair();
  const sends = [counting(100), bytes("3E 00"), counting(20)].map((message) => tester.send(message));
  await clock.run(Promise.all(sends));
  expect(received.messages).toEqual([hex(counting(100)), "3E 00", hex(counting(20))]);
});

test("V2 the caller may use its buffer again while the message is sent", async () => {
  const { clock, tester, received } = pair();
  const buffer = counting(100);
  const sent = tester.send(buffer);
  buffer.fill(0);
  await clock.run(sent);
  expect(received.messages).toEqual([hex(counting(100))]);
});

test("V2 both ends send long messages at the same time", async () => {
  const { clock, tester, ecu, received } = pair({ blockSize: 3 });
  const answer = inbox(tester);
  await clock.run(Promise.all([tester.send(counting(300)), ecu.send(counting(400))]));
  await clock.advance(10);
  expect(received.messages).toEqual([hex(counting(300))]);
  expect(answer.messages).toEqual([hex(counting(400))]);
});

test("V2 an answer sent from within the receiver's callback goes out", async () => {
  const { clock, tester, ecu } = pair();
  ecu.subscribe({ message: () => void ecu.send(bytes("7E 00")) });
  const answer = inbox(tester);
  await clock.run(tester.send(bytes("3E 00")));
  await clock.advance(10);
  expect(answer.messages).toEqual(["7E 00"]);
});

const modes: [IsoTpAddressing, IsoTpAddressing][] = [
  [
    { mode: "normal", txId: 0x18000001, rxId: 0x18000002, extended: true },
    { mode: "normal", txId: 0x18000002, rxId: 0x18000001, extended: true },
  ],
  [
    { mode: "normal-fixed", sourceAddress: 0xf1, targetAddress: 0x10 },
    { mode: "normal-fixed", sourceAddress: 0x10, targetAddress: 0xf1 },
  ],
  [
    { mode: "extended", txId: 0x6f1, rxId: 0x612, sourceAddress: 0xf1, targetAddress: 0x12 },
    { mode: "extended", txId: 0x612, rxId: 0x6f1, sourceAddress: 0x12, targetAddress: 0xf1 },
  ],
  [
    { mode: "mixed-11", txId: 0x7e0, rxId: 0x7e8, addressExtension: 0x99 },
    { mode: "mixed-11", txId: 0x7e8, rxId: 0x7e0, addressExtension: 0x99 },
  ],
  [
    { mode: "mixed-29", sourceAddress: 0xf1, targetAddress: 0x10, addressExtension: 0x99 },
    { mode: "mixed-29", sourceAddress: 0x10, targetAddress: 0xf1, addressExtension: 0x99 },
  ],
];

test.each(modes)("V2 a long message arrives with the addressing %o", async (ours, theirs) => {
  const clock = new VirtualClock();
  const wire = new TestWire(clock);
  const tester = openIsoTpChannel(wire.attach(), clock, { addressing: ours });
  const received = inbox(openIsoTpChannel(wire.attach(), clock, { addressing: theirs }));
  await clock.run(tester.send(counting(500)));
  expect(received.messages).toEqual([hex(counting(500))]);
});

test.each([8, 12, 16, 20, 24, 32, 48, 64])(
  "V2 with TX_DL %i messages of all lengths arrive",
  async (txDl) => {
    const { clock, wire, tester, received } = pair({ txDl, fd: true });
    for (const length of [1, 7, 8, 10, 11, 62, 63, 4094, 4095, 4096]) {
      await clock.run(tester.send(counting(length)));
      expect(received.messages.pop()).toBe(hex(counting(length)));
    }
    expect(wire.frames.every(({ fd, brs, data }) => fd && brs && data.length <= txDl)).toBe(true);
  },
);

test("V2 a message beyond 64 KB arrives by escape length where the receiver allows it", async () => {
  const { clock, tester, received } = pair({ txDl: 64, maxMessageBytes: 65_537 });
  await clock.run(tester.send(counting(65_537)));
  expect(received.messages).toEqual([hex(counting(65_537))]);
});

test("V2 a message beyond maxMessageBytes fails on both ends with N_BUFFER_OVFLW", async () => {
  const { clock, tester, received } = pair({ maxMessageBytes: 100 });
  await expect(clock.run(tester.send(counting(101)))).rejects.toMatchObject({ fault: "N_BUFFER_OVFLW" });
  expect(received.faults).toEqual(["N_BUFFER_OVFLW"]);
});

test("V2 without a receiver a long message fails after N_Bs", async () => {
  const clock = new VirtualClock();
  const wire = new TestWire(clock);
  const addressing = { mode: "normal", txId: 0x7e0, rxId: 0x7e8 } as const;
  const tester = openIsoTpChannel(wire.attach(), clock, { addressing });
  await expect(expectWithin(clock, 1000.25, tester.send(counting(20)))).rejects.toMatchObject({
    fault: "N_TIMEOUT_Bs",
  });
  expect(clock.now()).toBe(1000.25);
});

test("V2 a frame that does not leave fails the message after N_As", async () => {
  const { clock, tester } = pair({ timing: { nAsMs: 70 } }, () => "stays");
  await expect(clock.run(tester.send(bytes("3E 00")))).rejects.toMatchObject({ fault: "N_TIMEOUT_A" });
  expect(clock.now()).toBe(70);
});

test("V2 N_As counts from the frame before, not from the hand-over", async () => {
  const { clock, tester } = pair({ timing: { nAsMs: 1 } });
  // 32 frames are handed over together: the last leaves 8 ms later, each within 0.25 ms.
  await clock.run(tester.send(counting(6 + 32 * 7)));
});

test("V2 a frame that the driver refuses fails the message with the driver's error as its cause", async () => {
  const { clock, tester } = pair({}, () => "is refused");
  await expect(clock.run(tester.send(bytes("3E 00")))).rejects.toMatchObject({
    fault: "N_ERROR",
    cause: { code: "bus-off" },
  });
});

test("V2 a held receiver keeps its sender waiting with FC.WAIT, then takes the message", async () => {
  const { clock, wire, tester, ecu, received } = pair();
  ecu.holdReception();
  const sent = tester.send(counting(20));
  await expectWhile(clock, 1500, () => received.messages.length === 0);
  const waits = wire.frames.filter(({ data }) => data[0] === 0x31);
  expect(waits).toHaveLength(4); // At once, then every N_Br = 400 ms.
  ecu.resumeReception();
  await expectWithin(clock, 5, sent);
  expect(received.messages).toEqual([hex(counting(20))]);
});

test("V2 closing fails what is being sent and hears nothing more; the bus stays open", async () => {
  const clock = new VirtualClock();
  const wire = new TestWire(clock);
  const bus = wire.attach();
  const addressing = { mode: "normal", txId: 0x7e0, rxId: 0x7e8 } as const;
  const tester = openIsoTpChannel(bus, clock, { addressing });
  const box = inbox(tester);
  const sent = tester.send(counting(20));
  await tester.close();
  await tester.close();
  await expect(sent).rejects.toMatchObject({ fault: "CLOSED" });
  await expect(tester.send(bytes("3E 00"))).rejects.toMatchObject({ fault: "CLOSED" });
  await clock.run(wire.attach().send({ id: 0x7e8, data: bytes("02 7E 00") }));
  expect(box.messages).toEqual([]);
  await clock.run(bus.send({ id: 0x123, data: bytes("01") }));
});

test("V2 frames of other channels on the same bus are none of its business", async () => {
  const { clock, wire, tester, ecu, received } = pair();
  const neighbour = wire.attach();
  const sent = tester.send(counting(200));
  for (const data of ["21 00", "30 00 00", "10 14 00 01 02 03 04 05"]) {
    void neighbour.send({ id: 0x7e1, data: bytes(data) });
    void neighbour.send({ id: 0x7e0, extended: true, data: bytes(data) });
  }
  await clock.run(sent);
  expect(received.messages).toEqual([hex(counting(200))]);
  await ecu.close();
});

test("V2 a functional message reaches every listener and is no more than a single frame", async () => {
  const clock = new VirtualClock();
  const wire = new TestWire(clock);
  const options = { addressing: { mode: "normal", id: 0x7df } } as const;
  const tester = openFunctionalChannel(wire.attach(), clock, options);
  const ecus = [1, 2].map(() => inbox(openFunctionalChannel(wire.attach(), clock, options)));
  await clock.run(tester.send(bytes("3E 80")));
  expect(ecus.map(({ messages }) => messages)).toEqual([["3E 80"], ["3E 80"]]);
  await expect(tester.send(counting(8))).rejects.toMatchObject({ fault: "MESSAGE_LENGTH" });
});

test("V2 a first frame to a functional address is ignored", async () => {
  const clock = new VirtualClock();
  const wire = new TestWire(clock);
  const ecu = inbox(
    openFunctionalChannel(wire.attach(), clock, { addressing: { mode: "normal", id: 0x7df } }),
  );
  await clock.run(wire.attach().send({ id: 0x7df, data: bytes("10 14 00 01 02 03 04 05") }));
  await clock.advance(10);
  expect(wire.frames).toHaveLength(1);
  expect(ecu.log).toEqual([]);
});

test.each<[string, Partial<IsoTpOptions>]>([
  ["txDl", { txDl: 10 }],
  ["txDl", { txDl: 4 }],
  ["fd", { txDl: 64, fd: false }],
  ["padding", { padding: 256 }],
  ["blockSize", { blockSize: 256 }],
  ["stMinMs", { stMinMs: 200 }],
  ["maxMessageBytes", { maxMessageBytes: 0 }],
  ["wftMax", { wftMax: -1 }],
  ["framesAhead", { framesAhead: 0 }],
  ["timing.nBsMs", { timing: { nBsMs: 0 } }],
])("V2 an impossible %s is refused by name", (option, options) => {
  expect(() => pair(options)).toThrow(expect.objectContaining({ name: "IsoTpOptionError", option }));
});

test("V2 CAN FD frames on a classic bus are refused before anything is sent", () => {
  const clock = new VirtualClock();
  const bus = { ...new TestWire(clock).attach(), capabilities: { fd: false } };
  const addressing = { mode: "normal", txId: 0x7e0, rxId: 0x7e8 } as const;
  expect(() => openIsoTpChannel(bus, clock, { addressing, txDl: 64 })).toThrow(IsoTpOptionError);
});
