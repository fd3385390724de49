import { beforeEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { UdsClient, type UdsClientOptions } from "./client.ts";
import { ReadDataByIdentifier } from "./services/data-by-identifier.ts";
import { EcuReset } from "./services/ecu-reset.ts";
import { DiagnosticSessionControl } from "./services/session-control.ts";
import { type Script, TestLink } from "./test-link.ts";

const timing = { p2Ms: 50, p2StarMs: 5000, marginMs: 10, overallMs: 20_000, s3ClientMs: 2000 };

let clock: VirtualClock;
let link: TestLink;

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
});

const client = (options: Partial<UdsClientOptions> = {}): UdsClient =>
  new UdsClient({
    transport: link.tester,
    clock,
    timing,
    ...options,
  });

const scripted = (script: Script): void => link.script(script);
const readVersion = { dids: [0xf195] };

describe("V3 TesterPresent", () => {
  const session = { "10 03": [[1, "50 03 00 32 01 F4"]], "10 01": [[1, "50 01 00 32 01 F4"]] } as const;
  const present = (): number[] =>
    link.tester.sent.filter((sent) => sent.text === "3E 80").map((sent) => sent.atMs);

  test("V3 goes out every S3client while a non-default session is held", async () => {
    scripted(session);
    const tester = client();
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    expect(tester.session).toBe(3);
    await clock.advance(6500);
    expect(present()).toHaveLength(3);
    await clock.run(tester.request(DiagnosticSessionControl, { session: 1 }));
    await clock.advance(10_000);
    expect(present()).toHaveLength(3);
  });

  test("V3 does not go out twice as often where the session is entered twice", async () => {
    scripted(session);
    const tester = client();
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await clock.advance(4500);
    expect(present()).toHaveLength(2);
    tester.close();
  });

  test("V3 stops after a reset", async () => {
    scripted({ ...session, "11 01": [[1, "51 01"]] });
    const tester = client();
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await clock.run(tester.request(EcuReset, { resetType: 1 }));
    expect(tester.session).toBe(1);
    await clock.advance(10_000);
    expect(present()).toEqual([]);
  });

  test("V3 is not sent physically while a request is being worked on", async () => {
    scripted({
      ...session,
      "22 F1 95": [
        [10, "7F 22 78"],
        [4000, "62 F1 95 31"],
      ],
    });
    const tester = client();
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await clock.run(tester.request(ReadDataByIdentifier, readVersion));
    await clock.advance(10);
    expect(present()).toEqual([]);
    tester.close();
  });

  test("V3 is sent functionally even then, for the other ECUs", async () => {
    const functional = new TestLink(clock);
    scripted({
      ...session,
      "22 F1 95": [
        [10, "7F 22 78"],
        [4000, "62 F1 95 31"],
      ],
    });
    const tester = client({ functional: functional.tester });
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await clock.run(tester.request(ReadDataByIdentifier, readVersion));
    tester.close();
    expect(functional.tester.sent.map((sent) => sent.text)).toEqual(["3E 80", "3E 80"]);
    expect(present()).toEqual([]);
  });
});
