import { execFileSync } from "node:child_process";
import { openBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agent, type AgentBench, agentBench } from "../rig/agent-bench.ts";

const VCAN = `hsb${process.pid % 100_000}`;
const ip = (...args: readonly string[]): void => {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
};

let bench: AgentBench;
beforeEach(async () => {
  bench = await agentBench();
  ip("link", "add", "dev", VCAN, "type", "vcan");
  ip("link", "set", VCAN, "up");
});
afterEach(async () => {
  await bench.close();
  ip("link", "del", "dev", VCAN);
});

test("E12 B2 flash over socketcan: on a vcan puts the same bytes into the bank", async () => {
  const url = `socketcan:${VCAN}`;
  const bus = await openBus(url, { clock: realClock });
  bench.closes(() => bus.close());
  const ecu = await bench.powerEcu(bus);
  const { status, stderr } = await agent(bench.flashArgs(url));
  expect([status, stderr]).toEqual([0, ""]);
  expect(ecu.state().imageSha256Of("B")).toBe(bench.sha256);
});

test("B2 B3 doctor lists the vcan and finds nothing wrong with it", async () => {
  const url = `socketcan:${VCAN}`;
  const { status, lines } = await agent(["doctor", "--bus", url]);
  expect(lines).toContainEqual({
    interface: expect.objectContaining({ name: VCAN, kind: "vcan", up: true }),
  });
  expect(status).toBe(0);
});
