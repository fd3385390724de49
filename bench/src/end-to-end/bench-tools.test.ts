import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EcuHandle } from "@halfshaft/ecu-firmware-sim";
import { type Hub, openBus, startHub, VirtualBus } from "@halfshaft/vehicle-net/can";
import { hasSocat, startSimulatedSlcan } from "@halfshaft/vehicle-net/can/simulated";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agent, type AgentBench, agentBench } from "../rig/agent-bench.ts";

/** The verbs for a person at a bench, as processes of their own, against a simulated ECU. */

let bench: AgentBench;
beforeEach(async () => {
  bench = await agentBench();
});
afterEach(() => bench.close());

async function hubWithEcu(): Promise<{ hub: Hub; ecu: EcuHandle }> {
  const hub = await startHub({ port: 0, bitrate: 1_000_000 });
  bench.closes(() => hub.close());
  const bus = await openBus(hub.url, { clock: realClock });
  bench.closes(() => bus.close());
  return { hub, ecu: await bench.powerEcu(bus) };
}

test("E12 flash --activate over hub:// puts the file into the bank, with progress in lines of JSON", async () => {
  const { hub, ecu } = await hubWithEcu();
  const { status, lines } = await agent(bench.flashArgs(hub.url, "--activate"));
  expect(status).toBe(0);
  expect(lines[0]).toMatchObject({ plan: { version: "2.0.0", bytes: 40_000 } });
  expect(lines.filter((line) => line["progress"] === "flash").length).toBeGreaterThan(2);
  expect(lines.at(-1)).toMatchObject({ flashed: { transferredBytes: 40_000, status: { version: "2.0.0" } } });
  const state = ecu.state();
  expect([state.activeBank, state.version, state.imageSha256Of("B")]).toEqual(["B", "2.0.0", bench.sha256]);
});

test("E12 flash that was killed goes on where the ECU says", async () => {
  const { hub, ecu } = await hubWithEcu();
  await agent(bench.flashArgs(hub.url), { killAfter: /"percent":[6-9]\d/ });
  expect(ecu.state().imageSha256Of("B")).not.toBe(bench.sha256);
  const { status, lines } = await agent(bench.flashArgs(hub.url));
  expect(status).toBe(0);
  const { resumedAtBytes, transferredBytes } = lines.at(-1)!["flashed"] as Record<string, number>;
  expect(resumedAtBytes).toBeGreaterThan(0);
  expect(resumedAtBytes! + transferredBytes!).toBe(40_000);
  expect(ecu.state().imageSha256Of("B")).toBe(bench.sha256);
});

test.skipIf(!hasSocat())(
  "E12 flash over slcan: on a pseudo-terminal puts the same bytes into the bank",
  async () => {
    const wire = new VirtualBus({ clock: realClock, bitrate: 500_000 });
    bench.closes(() => wire.close());
    const adapter = await startSimulatedSlcan({ bus: wire, name: "adapter", dialect: "canable2" });
    bench.closes(() => adapter.close());
    const ecu = await bench.powerEcu(wire.attach("ecu"));
    const { status, stderr } = await agent(bench.flashArgs(`slcan:${adapter.path}?bitrate=500k`));
    expect([status, stderr]).toEqual([0, ""]);
    expect(ecu.state().imageSha256Of("B")).toBe(bench.sha256);
  },
);

test("E12 flash --dry-run plans without a bus; a wrong option ends with 2, a wrong file with 1", async () => {
  const { image, descriptor } = bench;
  const args = ["flash", image, "--ecu-profile", "engine", "--descriptor", descriptor];
  const dry = await agent([...args, "--dry-run"]);
  expect(dry).toMatchObject({ status: 0, lines: [{ plan: { sha256: bench.sha256 } }] });
  expect(await agent(["flash", image, "--ecu-profile", "nope"])).toMatchObject({ status: 2 });
  const missing = await agent(["flash", join(bench.folder, "nothing.hex"), "--ecu-profile", "engine"]);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toMatch(/^error FILE_UNREADABLE: .*\nCheck the path/);
});

test("E12 scan finds the ECU; read and dtc ask it", async () => {
  const { hub } = await hubWithEcu();
  const scanned = await agent(["scan", "--bus", hub.url, "--ids", "706-709"]);
  expect(scanned.lines).toContainEqual({
    request: "708",
    response: "700",
    extended: false,
    answeredTo: "3E",
  });
  const ecu = ["--bus", hub.url, "--ecu-profile", "engine"];
  const read = await agent(["read", "softwareVersion", "F18C", ...ecu]);
  expect(read.lines).toMatchObject([
    { did: "F195", value: "1.0.0" },
    { did: "F18C", value: "ENG-1" },
  ]);
  expect(await agent(["dtc", ...ecu])).toMatchObject({ status: 0, stdout: "" });
  const silent = await agent(["read", "F190", "--bus", hub.url, "--request", "7E0"]);
  expect(silent.status).toBe(1);
  expect(silent.stderr).toMatch(/^error ECU_NO_ANSWER: ECU 7E0: .*\nIs it powered/);
});

test("E12 B3 doctor tries the bus, measures the ECU, and ends with 0 where nothing is wrong", async () => {
  const { hub } = await hubWithEcu();
  const { status, lines } = await agent(["doctor", "--bus", hub.url, "--ecu-profile", "engine"]);
  const bus = lines.find((line) => "bus" in line)?.["bus"] as { latency: { answerMs: number } };
  expect(bus).toMatchObject({ classic: { sent: 3, departed: 3 } });
  expect(bus.latency.answerMs).toBeGreaterThan(0);
  expect([status, lines.at(-1)]).toEqual([0, { faults: 0 }]);
});

test("E12 B3 doctor alone on a bus names the fault and ends with 1", async () => {
  const hub = await startHub({ port: 0, bitrate: 500_000 });
  bench.closes(() => hub.close());
  const { status, lines } = await agent(["doctor", "--bus", hub.url]);
  expect(lines).toContainEqual({ diagnosis: expect.objectContaining({ code: "NOBODY_ACKNOWLEDGES" }) });
  expect(status).toBe(1);
});

test("E12 V5 monitor shows frames and what they mean; explain reads them from a file", async () => {
  const { hub } = await hubWithEcu();
  const watching = agent(["monitor", "--bus", hub.url, "--ecu-profile", "engine", "--seconds", "3"]);
  const asking = await openBus(hub.url, { clock: realClock });
  bench.closes(() => asking.close());
  const ask = setInterval(() => {
    void asking.send({ id: 0x708, data: Uint8Array.of(2, 0x3e, 0) });
  }, 100);
  const { status, lines } = await watching;
  clearInterval(ask);
  expect(status).toBe(0);
  const frames = lines.map((line) => line["frame"]).filter((frame) => typeof frame === "string");
  expect(frames.some((frame) => frame.endsWith(" can0 708#023E00"))).toBe(true);
  const text = lines.map(({ line }) => (typeof line === "string" ? line : "")).join("\n");
  expect(text).toContain("Engine control  TesterPresent (3E)");
  const log = join(bench.folder, "bus.candump");
  await writeFile(log, `${frames.join("\n")}\n`);
  const explained = await agent(["explain", log, "--ecu-profile", "engine"]);
  expect(explained.stdout).toContain("Engine control  TesterPresent (3E)");
  expect(await readFile(log, "utf8")).toContain("700#027E00");
});
