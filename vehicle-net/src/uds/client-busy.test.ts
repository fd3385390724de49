import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { UdsClient } from "./client.ts";
import { ReadDataByIdentifier } from "./services/data-by-identifier.ts";
import { hex, TestLink } from "./test-link.ts";
import type { ClientTiming } from "./timing.ts";

let clock: VirtualClock;
let link: TestLink;

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
});

const client = (timing: Partial<ClientTiming> = {}): UdsClient =>
  new UdsClient({ transport: link.tester, clock, timing });
const readVersion = { dids: [0xf195] };

describe("V3 client and a busy ECU", () => {
  test("V3 a busy ECU (21) is asked again until it has time", async () => {
    const answers = ["7F 22 21", "7F 22 21", "62 F1 95 31"];
    link.ecu.subscribe({ message: () => void link.ecu.send(hex(answers.shift()!)) });
    await expect(clock.run(client().request(ReadDataByIdentifier, readVersion))).resolves.toBeTruthy();
    expect(link.tester.sent.map((sent) => sent.atMs)).toEqual([1, 103, 205]);
  });

  test("V3 an ECU that stays busy is refused with its 21 in the end", async () => {
    link.ecu.subscribe({ message: () => void link.ecu.send(hex("7F 22 21")) });
    const answer = client({ busyMs: 1000 }).request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).rejects.toMatchObject({ name: "UdsRefused", nrc: 0x21 });
    expect(link.tester.sent).toHaveLength(10);
  });

  test("V3 repetitions of a busy request count towards its overall cap", async () => {
    link.ecu.subscribe({ message: () => void link.ecu.send(hex("7F 22 21")) });
    link.loses = (message) => message === "22 F1 95" && clock.now() > 150;
    const options = { overallMs: 220, p2Ms: 200 };
    const answer = client().request(ReadDataByIdentifier, readVersion, options);
    await expect(clock.run(answer)).rejects.toMatchObject({ timer: "overall", timeoutMs: 220 });
    expect(clock.now()).toBe(220);
  });

  test("V3 a signal ends the wait for a busy ECU", async () => {
    const abort = new AbortController();
    link.ecu.subscribe({ message: () => void link.ecu.send(hex("7F 22 21")) });
    const answer = client().request(ReadDataByIdentifier, readVersion, { signal: abort.signal });
    clock.after(50, () => abort.abort("the driver said no"));
    await expect(clock.run(answer)).rejects.toMatchObject({
      name: "UdsAborted",
      cause: "the driver said no",
    });
  });
});
