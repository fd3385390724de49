import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { expect, test } from "vitest";
import { scanDids, scanServices, scanSessions } from "./scan-ecu.ts";
import { scanIds } from "./scan-ids.ts";
import { collect, diagnosticRig, LOCKED_DID } from "./testing.ts";

const IDS = { firstId: 0x700, lastId: 0x70f, extended: false, waitMs: 60 };

test("E12 scan finds the identifier that an ECU listens to and the one that it answers with", async () => {
  const { clock, wire } = diagnosticRig();
  const found = await collect(clock, scanIds(wire.attach("scanner"), clock, IDS));
  expect(found).toEqual([{ requestId: 0x708, responseId: 0x700, extended: false, answeredTo: "3E" }]);
});

/** An ECU that gives these bytes in answer to those. */
function answering(table: Readonly<Record<string, string>>, id = 0x701) {
  const clock = new VirtualClock();
  const wire = new VirtualBus({ clock, bitrate: 500_000 });
  const ecu = wire.attach("ecu");
  const asked: string[] = [];
  ecu.subscribe((frame) => {
    const request = Buffer.from(frame.data).toString("hex");
    asked.push(`${frame.id.toString(16)}#${request.slice(0, 6)}`);
    const answer = table[request.slice(0, 6)];
    if (frame.id === id && answer !== undefined)
      void ecu.send({ id: 0x709, data: Buffer.from(answer, "hex") });
  });
  return { clock, scanner: wire.attach("scanner"), asked };
}

test.each([
  ["a refusal of TesterPresent", { "023e00": "037f3e11" }, "3E"],
  ["an answer to the default session alone", { "021001": "06500100320190f4" }, "10"],
])("E12 scan takes %s for an ECU", async (_, table, answeredTo) => {
  const { clock, scanner } = answering(table);
  const found = await collect(clock, scanIds(scanner, clock, IDS));
  expect(found).toMatchObject([{ requestId: 0x701, responseId: 0x709, answeredTo }]);
});

test("E12 scan takes frames that answer something else for no ECU", async () => {
  const { clock, scanner } = answering({ "023e00": "0462f19531" });
  expect(await collect(clock, scanIds(scanner, clock, IDS))).toEqual([]);
});

test("E12 scan does not ask identifiers that answered, nor the functional one", async () => {
  const { clock, scanner, asked } = answering({ "023e00": "027e00" });
  await collect(clock, scanIds(scanner, clock, { ...IDS, firstId: 0x701, lastId: 0x70a }));
  expect(asked.filter((line) => line.startsWith("709"))).toEqual([]);
  asked.length = 0;
  await collect(clock, scanIds(scanner, clock, { ...IDS, firstId: 0x7df, lastId: 0x7df }));
  expect(asked).toEqual([]);
});

test("E12 scan finds services without doing anything: those that exist say what they miss", async () => {
  const { clock, link } = diagnosticRig();
  const found = await collect(clock, scanServices(link));
  const sids = found.map((each) => (each.kind === "service" ? each.sid : 0));
  expect(sids).toEqual([0x10, 0x14, 0x19, 0x22, 0x2e, 0x3e]);
  expect(found[0]).toEqual({ kind: "service", sid: 0x10, name: "DiagnosticSessionControl (10)" });
});

test("E12 scan finds sessions, also one that cannot be entered now, and leaves the ECU in the default one", async () => {
  const { clock, link } = diagnosticRig();
  const found = await collect(clock, scanSessions(link));
  expect(found).toEqual([
    { kind: "session", session: 1, name: "default" },
    {
      kind: "session",
      session: 2,
      name: "programming",
      refusedWith: "subFunctionNotSupportedInActiveSession",
    },
    { kind: "session", session: 3, name: "extended" },
  ]);
  expect(link.client.session).toBe(1);
});

test("E12 scan lists data identifiers with names and values, and those that are locked", async () => {
  const { clock, link } = diagnosticRig();
  const found = await collect(clock, scanDids(link, { first: 0xf190, last: LOCKED_DID }));
  expect(found).toMatchObject([
    { did: 0xf190, name: "vin" },
    { did: 0xf195, name: "softwareVersion", value: "1.0.0" },
    { did: LOCKED_DID, refusedWith: "securityAccessDenied" },
  ]);
});

test("E12 scan stops when it is told to", async () => {
  const { clock, link } = diagnosticRig();
  const signal = AbortSignal.abort(new RangeError("enough"));
  await expect(collect(clock, scanDids(link, { first: 0, last: 9 }, { signal }))).rejects.toThrow("enough");
});
