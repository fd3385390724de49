import { expect, test } from "vitest";
import { VirtualClock } from "../../clock/virtual-clock.ts";
import { VirtualBus } from "../virtual-bus.ts";
import { CanError } from "../bus.ts";
import type { SlcanDialectName } from "./dialect.ts";
import { ScriptedPort } from "./scripted-port.ts";
import { MemoryPort } from "./simulated-port.ts";
import { openSlcan } from "./slcan.ts";

const frame = { id: 0x7e0, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };

/** An adapter that can be pulled out and plugged in again. */
async function rig(dialect: SlcanDialectName) {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000, acknowledgeTimeoutMs: Infinity });
  const other = bus.attach("other");
  const notices: string[] = [];
  const ports: MemoryPort[] = [];
  let isPlugged = true;
  const openPort = async (): Promise<MemoryPort> => {
    if (!isPlugged) throw new CanError("cannot-open", "no such port");
    const port = new MemoryPort({ bus, name: "adapter", dialect, clock });
    ports.push(port);
    return port;
  };
  const opening = openSlcan("slcan:port?bitrate=500k", clock, {
    openPort,
    onNotice: (sentence) => notices.push(sentence),
  });
  const slcan = await clock.run(opening);
  const plug = (plugged: boolean): void => {
    isPlugged = plugged;
    if (!plugged) ports.at(-1)?.unplug();
  };
  return { clock, bus, other, slcan, notices, plug };
}

const DIALECTS: SlcanDialectName[] = ["lawicel", "usbtin", "canable1", "canable2", "canable2.5"];

test.each(DIALECTS)("V1 unplugging a %s rejects what is pending with lost-connection", async (dialect) => {
  const { clock, slcan, plug } = await rig(dialect);
  const pending = Promise.allSettled(Array.from({ length: 100 }, () => slcan.send(frame)));
  await clock.advance(0.1);
  plug(false);
  const outcomes = await clock.run(pending);
  expect(outcomes.at(-1)).toMatchObject({ reason: { code: "lost-connection", help: expect.any(String) } });
  await expect(slcan.send(frame)).rejects.toMatchObject({ code: "lost-connection" });
  await clock.run(slcan.close());
});

test.each(DIALECTS)(
  "V1 a %s that comes back is opened by itself, and subscriptions live on",
  async (dialect) => {
    const { clock, slcan, other, notices, plug } = await rig(dialect);
    const received: number[] = [];
    slcan.subscribe(({ id }) => received.push(id));
    plug(false);
    await clock.advance(5000);
    plug(true);
    await clock.advance(2000);
    expect(notices).toEqual([expect.stringContaining("is gone"), "The adapter at port is back."]);
    await clock.run(slcan.send(frame));
    await clock.run(other.send({ id: 0x7e8, data: frame.data }));
    await clock.advance(10);
    expect(received).toEqual([0x7e8]);
    await clock.run(slcan.close());
  },
);

test("V1 a bus that was closed while its adapter was away does not come back", async () => {
  const { clock, slcan, notices, plug } = await rig("canable2");
  plug(false);
  await clock.run(slcan.close());
  plug(true);
  await clock.advance(5000);
  expect(notices).toHaveLength(1);
  await expect(slcan.send(frame)).rejects.toMatchObject({ code: "closed" });
});

test.each(["lawicel", "canable2.5"] as const)(
  "V1 a %s on a bus where nobody acknowledges says so",
  async (dialect) => {
    const { clock, slcan, other } = await rig(dialect);
    await other.close();
    const sent = Promise.allSettled(Array.from({ length: 100 }, () => slcan.send(frame)));
    expect((await clock.run(sent)).at(-1)).toMatchObject({ reason: { code: "no-acknowledge" } });
    await clock.run(slcan.close());
  },
);

const LAWICEL: Record<string, string> = { V: "V1013\r", v: "\u0007" };

async function scripted(answerFrame: (line: string) => string, answers = LAWICEL) {
  const clock = new VirtualClock();
  const port = new ScriptedPort(clock, (line) => {
    if (/^[tTdDbB][0-9A-F]/u.test(line)) return answerFrame(line);
    return answers[line] ?? (line === "C" ? "" : answers === LAWICEL ? "\r" : "#\r");
  });
  const slcan = await clock.run(openSlcan("slcan:port?bitrate=500k", clock, { openPort: async () => port }));
  return { clock, port, slcan };
}

const empty = (id: number) => ({ id, data: new Uint8Array(0) });

test("V1 frames that a full queue refuses go in again, before those that follow", async () => {
  const accepted: string[] = [];
  let fullUntilMs = Infinity;
  const rigged = await scripted((line) => {
    const isFull = accepted.length > 0 && rigged.clock.now() < fullUntilMs;
    if (!isFull) accepted.push(line);
    return isFull ? "\u0007" : "z\r";
  });
  const { clock, slcan } = rigged;
  fullUntilMs = clock.now() + 10;
  await clock.run(Promise.all([1, 2, 3, 4, 5, 6].map((id) => slcan.send(empty(id)))));
  expect(clock.now()).toBeGreaterThan(fullUntilMs);
  expect(accepted).toEqual(["t0010", "t0020", "t0030", "t0040", "t0050", "t0060"]);
});

test("V1 a refused frame that a later one has overtaken is given up: order matters more", async () => {
  const { clock, slcan } = await scripted((line) => (line === "t0010" ? "\u0007" : "z\r"));
  const sent = Promise.allSettled([slcan.send(empty(1)), slcan.send(empty(2))]);
  expect(await clock.run(sent)).toMatchObject([
    { reason: { code: "no-acknowledge" } },
    { status: "fulfilled" },
  ]);
});

test("V1 a frame refused for a second is given up: nobody acknowledges", async () => {
  const { clock, slcan } = await scripted(() => "\u0007");
  const startMs = clock.now();
  await expect(clock.run(slcan.send(frame))).rejects.toMatchObject({ code: "no-acknowledge" });
  expect(clock.now() - startMs).toBeGreaterThanOrEqual(1000);
  expect(clock.now() - startMs).toBeLessThan(1100);
});

test("V1 an adapter that answers no frame for a second counts as unplugged, and is opened anew", async () => {
  let isWedged = true;
  const { clock, slcan } = await scripted(() => (isWedged ? "" : "z\r"));
  await expect(clock.run(slcan.send(frame))).rejects.toMatchObject({ code: "lost-connection" });
  isWedged = false;
  await clock.advance(2000);
  expect(await clock.run(slcan.send(frame))).toBeGreaterThan(2000);
});

const CANABLE_25 = { V: "+Board: MksMakerbase\tSlcan: 104\r" };

test("V1 a CANable 2.5 resolves send with the echo of the frame's marker", async () => {
  const { clock, port, slcan } = await scripted(() => "#\r", CANABLE_25);
  const sent = slcan.send(frame);
  await clock.advance(30);
  expect(port.heard.at(-1)).toBe("t7E08010203040506070800");
  clock.after(12, () => port.say("M00\r"));
  const startMs = clock.now();
  expect(await clock.run(sent)).toBe(startMs + 12);
});

test("V1 an echo out of turn means that the frames before it never left", async () => {
  const { clock, port, slcan } = await scripted(() => "#\r", CANABLE_25);
  const sent = Promise.allSettled([slcan.send(frame), slcan.send(frame)]);
  await clock.advance(2);
  port.say("M01\r");
  expect(await clock.run(sent)).toMatchObject([
    { reason: { code: "no-acknowledge" } },
    { status: "fulfilled" },
  ]);
});

test.each(["E3010FF00\r", "sb000256\r"])(
  "V1 the report %j rejects what is pending with bus-off",
  async (report) => {
    const { clock, port, slcan } = await scripted(() => "#\r", CANABLE_25);
    const sent = slcan.send(frame);
    clock.after(2, () => port.say(report));
    await expect(clock.run(sent)).rejects.toMatchObject({ code: "bus-off" });
  },
);

test("V1 damaged lines and firmware's own words are passed over", async () => {
  const { clock, port, slcan } = await scripted(() => "z\r");
  const received: number[] = [];
  slcan.subscribe(({ id }) => received.push(id));
  port.say("t7E8\r>debug\rt7E81A\rhello\rt7E811F\r");
  await clock.advance(1);
  expect(received).toEqual([0x7e8]);
});
