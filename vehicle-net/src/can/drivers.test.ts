import { expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { openBus } from "./drivers.ts";
import { VirtualBus } from "./virtual-bus.ts";

const clock = new VirtualClock();

test.each([
  ["can0", "bad-url", '"can0" is no CAN bus.'],
  ["", "bad-url", '"" is no CAN bus.'],
  ["pcan:1", "unknown-driver", 'There is no CAN driver "pcan".'],
  ["virtual:nowhere", "cannot-open", 'no virtual bus "nowhere", it has: none.'],
  ["hub:nowhere", "bad-url", '"hub:nowhere" names no bus hub.'],
])("V1 the bus %j is refused: %s", async (url, code, sentence) => {
  const outcome = openBus(url, { clock });
  await expect(outcome).rejects.toMatchObject({ code, help: expect.any(String) });
  await expect(outcome).rejects.toThrow(sentence);
});

test("V1 virtual: opens a node, named in the URL, on a bus of this process", async () => {
  const bus = new VirtualBus({ clock, bitrate: 500_000 });
  const virtualBuses = new Map([["bench", bus]]);
  const tester = await openBus("virtual:bench?node=tester", { clock, virtualBuses });
  bus.attach("ecu");
  const senders: string[] = [];
  bus.onFrame((_frame, _atMs, sender) => senders.push(sender));
  await clock.run(tester.send({ id: 1, data: new Uint8Array(1) }));
  expect(senders).toEqual(["tester"]);
});
