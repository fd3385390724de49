import { busLoad, VirtualBus, type VirtualNode } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { expect, test } from "vitest";
import { type Conversation, SharedBus } from "./shared-bus.ts";

const HIGHER = [
  { requestId: 0x7e0, responseId: 0x7e8 },
  { requestId: 0x7e1, responseId: 0x7e9 },
  { requestId: 0x7e2, responseId: 0x7ea },
];
const LOWER = [
  { requestId: 0x708, responseId: 0x700 },
  { requestId: 0x709, responseId: 0x701 },
];
const FRAMES = 2000;
const data = Uint8Array.of(0x21, 1, 2, 3, 4, 5, 6, 7);

interface Stream {
  readonly clock: VirtualClock;
  readonly wire: VirtualBus;
  readonly ecus: VirtualNode;
  readonly shared: SharedBus;
  /** Settles when all frames have left. */
  readonly sent: Promise<unknown>;
}

/** A gateway that streams to all at once, each with 32 frames ahead: half a second of a full bus. */
function stream(conversations: readonly Conversation[], joined = conversations): Stream {
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, bitrate: 500_000 });
  const ecus = wire.attach("ecus");
  const shared = new SharedBus(wire.attach("gateway"), clock);
  for (const conversation of joined) shared.join(conversation);
  let left = FRAMES;
  const feed = async (id: number): Promise<void> => {
    while (left-- > 0) await shared.send({ id, data });
  };
  const feeders = conversations.flatMap(({ requestId }) => Array.from({ length: 32 }, () => feed(requestId)));
  return { clock, wire, ecus, shared, sent: Promise.all(feeders) };
}

/** How long the answers wait that are ready at 100 ms, in ms. */
async function waitsOf({ clock, ecus, sent }: Stream, ids: readonly number[]): Promise<number[]> {
  const answers = clock
    .sleep(100)
    .then(() => Promise.all(ids.map(async (id) => (await ecus.send({ id, data })) - 100)));
  await clock.run(sent);
  return await clock.run(answers);
}

test("E7 without gaps an answer with a higher identifier starves until the stream ends", async () => {
  const [wait] = await waitsOf(stream(HIGHER, []), [0x7e8]);
  expect(wait).toBeGreaterThan(300);
});

test("E7 an answer with a higher identifier waits no longer than a run and what is in flight", async () => {
  const [wait] = await waitsOf(stream(HIGHER), [0x7e8]);
  expect(wait).toBeLessThan(20 + 32 * 0.27 + 1);
});

test("E7 all answers that wait leave in one gap, one after another", async () => {
  const waits = await waitsOf(stream(HIGHER), [0x7e8, 0x7e9, 0x7ea]);
  expect(Math.max(...waits) - Math.min(...waits)).toBeLessThan(3 * 0.27);
});

test("E7 gaps that nobody needs cost less than two hundredths of the bus", async () => {
  const { clock, wire, sent } = stream(HIGHER);
  const before = wire.statistics();
  await clock.run(sent);
  expect(busLoad(before, wire.statistics())).toBeGreaterThan(0.98);
});

test.each<[string, readonly Conversation[], readonly Conversation[]]>([
  ["answers have lower identifiers", LOWER, LOWER],
  ["there is one conversation", HIGHER.slice(0, 1), HIGHER.slice(0, 1)],
])("E7 the bus has no gap where %s", async (_, conversations, joined) => {
  const { clock, wire, sent } = stream(conversations, joined);
  const before = wire.statistics();
  await clock.run(sent);
  expect(busLoad(before, wire.statistics())).toBeGreaterThan(1 - 1e-6);
});

test("E7 when only one conversation is left, what waits leaves without gaps", async () => {
  const { clock, wire, shared, sent } = stream(HIGHER.slice(0, 1));
  const leave = shared.join(HIGHER[1]!);
  await clock.advance(100);
  leave();
  await clock.advance(50);
  const before = wire.statistics();
  await clock.advance(100);
  expect(busLoad(before, wire.statistics())).toBeGreaterThan(0.99);
  await clock.run(sent);
});

test("E7 closing refuses what waits in a gap", async () => {
  const { clock, shared, sent } = stream(HIGHER);
  const refused = expect(sent).rejects.toMatchObject({ code: "closed" });
  await clock.advance(24);
  await shared.close();
  await refused;
});
