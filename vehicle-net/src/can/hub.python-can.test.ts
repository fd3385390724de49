import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { realClock } from "../clock/real-clock.ts";
import type { ReceivedFrame } from "./frame.ts";
import { openHub } from "./hub.ts";
import { type Hub, startHub } from "./hub-server.ts";

/** Debian's package, whose slcan driver (4.1) knows classic frames only. */
const PYTHON = "/usr/bin/python3";
const run = promisify(execFile);

function hasPythonCan(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import can, serial"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const OPEN = `
import sys, can
bus = can.interface.Bus(bustype="slcan", channel="socket://127.0.0.1:" + sys.argv[1], bitrate=500000, sleep_after_open=0.2)
`;

describe.skipIf(!hasPythonCan())("python-can on the hub (skipped without Debian's python3-can)", () => {
  let hub: Hub;
  beforeEach(async () => {
    hub = await startHub({ port: 0, bitrate: 500_000 });
  });
  afterEach(() => hub.close());

  test("V1 frames that python-can sends arrive as they are, in their order", async () => {
    const received: ReceivedFrame[] = [];
    const ours = await openHub(hub.url, realClock);
    ours.subscribe((frame) => received.push(frame));
    const script = `${OPEN}
for i in range(50):
    bus.send(can.Message(arbitration_id=0x100 + i, data=bytes(range(i % 9)), is_extended_id=False))
bus.send(can.Message(arbitration_id=0x18DAF110, data=b"\\x02\\x10\\x03", is_extended_id=True))
while bus.recv(0.3) is not None:
    pass
bus.shutdown()
`;
    await run(PYTHON, ["-c", script, String(hub.port)]);
    await ours.close();
    expect(received.map(({ id }) => id)).toEqual([
      ...Array.from({ length: 50 }, (_, i) => 0x100 + i),
      0x18daf110,
    ]);
    expect(received[20]!.data).toEqual(Uint8Array.of(0, 1));
    expect(received[50]).toMatchObject({ extended: true, data: Uint8Array.of(2, 0x10, 3) });
  });

  test("V1 frames that we send arrive in python-can, and its answers in ours", async () => {
    const ours = await openHub(hub.url, realClock);
    const answers: number[][] = [];
    const all = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    ours.subscribe(({ id, data }) => {
      if (id === 0x7ff) return ready.resolve();
      answers.push([id, ...data]);
      if (answers.length === 20) all.resolve();
    });
    const script = `${OPEN}
bus.send(can.Message(arbitration_id=0x7FF, is_extended_id=False))
for i in range(20):
    m = bus.recv(5)
    bus.send(can.Message(arbitration_id=m.arbitration_id + 8, data=bytes(reversed(m.data)), is_extended_id=False))
while bus.recv(0.3) is not None:
    pass
bus.shutdown()
`;
    const python = run(PYTHON, ["-c", script, String(hub.port)]);
    await ready.promise;
    for (let i = 0; i < 20; i += 1) await ours.send({ id: 0x7e0, data: Uint8Array.of(3, 0x22, 0xf1, i) });
    await all.promise;
    await python;
    await ours.close();
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => [0x7e8, i, 0xf1, 0x22, 3]));
  });
});
