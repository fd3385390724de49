import { beforeEach, describe, expect, test } from "vitest";
import { expectWithin } from "../clock/testing.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { UdsClient, type UdsClientOptions } from "./client.ts";
import { UdsAborted, UdsProtocolError, UdsRefused, UdsTimeout, UdsTransportError, wasLost } from "./error.ts";
import type { ClientEvent } from "./exchange.ts";
import { ReadDataByIdentifier } from "./services/data-by-identifier.ts";
import { EcuReset } from "./services/ecu-reset.ts";
import { DiagnosticSessionControl } from "./services/session-control.ts";
import { TesterPresent } from "./services/tester-present.ts";
import { TransferData } from "./services/transfer.ts";
import { hex, type Script, TestLink } from "./test-link.ts";

const timing = { p2Ms: 50, p2StarMs: 5000, marginMs: 10, overallMs: 20_000, s3ClientMs: 2000 };

let clock: VirtualClock;
let link: TestLink;
let events: ClientEvent[];

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
  events = [];
});

const client = (options: Partial<UdsClientOptions> = {}): UdsClient =>
  new UdsClient({
    transport: link.tester,
    clock,
    timing,
    onEvent: (event) => events.push(event),
    ...options,
  });

const scripted = (script: Script): void => link.script(script);
const readVersion = { dids: [0xf195] };

describe("V3 client", () => {
  test("V3 a positive response comes back as its fields", async () => {
    scripted({ "22 F1 95": [[5, "62 F1 95 31"]] });
    const answer = await clock.run(client().request(ReadDataByIdentifier, readVersion));
    expect(answer).toEqual({ did: 0xf195, data: hex("31") });
  });

  test("V3 a negative response is UdsRefused with service and code", async () => {
    scripted({ "22 F1 95": [[5, "7F 22 31"]] });
    const error: unknown = await clock
      .run(client().request(ReadDataByIdentifier, readVersion))
      .catch((e) => e);
    expect(error).toBeInstanceOf(UdsRefused);
    expect(error).toMatchObject({ nrc: 0x31, nrcName: "requestOutOfRange", service: { sid: 0x22 } });
    expect(String(error)).toContain("ReadDataByIdentifier (22) was refused: requestOutOfRange (31)");
  });

  test("V3 P2 starts when the request has left, not when it was queued", async () => {
    // The request takes 10 ms to leave; P2 + margin is 60 ms after that.
    const answer = client().request(TransferData, { counter: 1, data: new Uint8Array(20) });
    await expect(clock.run(answer)).rejects.toMatchObject({ name: "UdsTimeout", timer: "P2", timeoutMs: 60 });
    expect(clock.now()).toBe(70);
  });

  test("V3 P2 counts from the time of departure, also where the driver confirms it late", async () => {
    const transport = { ...link.tester, send: (): Promise<number> => clock.sleep(30).then(() => 4) };
    const answer = client({ transport }).request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).rejects.toMatchObject({ timer: "P2" });
    expect(clock.now()).toBe(4 + 60);
  });

  test("V3 a 0x78 that comes before the driver's confirmation gives P2* all the same", async () => {
    const transport = { ...link.tester };
    transport.send = (message) => link.tester.send(message).then((atMs) => clock.sleep(30).then(() => atMs));
    scripted({
      "22 F1 95": [
        [10, "7F 22 78"],
        [4900, "62 F1 95 31"],
      ],
    });
    const answer = client({ transport }).request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).resolves.toBeTruthy();
  });

  test("V3 a confirmation that comes while a long answer arrives does not cut it off", async () => {
    const transport = { ...link.tester };
    transport.send = (message) => link.tester.send(message).then((atMs) => clock.sleep(62).then(() => atMs));
    scripted({ "22 F1 95": [[57, "62 F1 95 31 32 33 34 35 36"]] }); // arrives from 59 to 68 ms
    const answer = client({ transport }).request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).resolves.toBeTruthy();
  });

  test("V3 the late answer to a lost block waits for the repetition to leave", async () => {
    const block = { counter: 1, data: new Uint8Array(20) };
    scripted({ [`36 01${" 00".repeat(20)}`]: [[65, "76 01"]], "37": [[1, "77"]] });
    const tester = client();
    await expect(clock.run(tester.request(TransferData, block))).rejects.toSatisfy(wasLost);
    await clock.run(tester.request(TransferData, block)); // leaves from 70 to 80 ms; answered at 76 ms
    expect(clock.now()).toBe(80);
  });

  test("V3 a long stray answer stops P2 only while it arrives", async () => {
    scripted({ "22 F1 95": [[40, "62 F1 90 31 32 33 34 35 36"]] });
    const answer = client().request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).rejects.toMatchObject({ timer: "P2" });
    expect(clock.now()).toBe(61);
  });

  test("V3 P2 stops at the first frame of the answer, however long the rest takes", async () => {
    // First frame at 59 ms after the request, the whole answer 9 ms later, beyond P2 and margin.
    scripted({ "22 F1 95": [[58, "62 F1 95 31 32 33 34 35 36"]] });
    await expect(clock.run(client().request(ReadDataByIdentifier, readVersion))).resolves.toBeTruthy();
  });

  test("V3 0x78 gives the ECU P2* from then on, again and again", async () => {
    scripted({
      "22 F1 95": [
        [10, "7F 22 78"],
        [4900, "7F 22 78"],
        [9800, "62 F1 95 31"],
      ],
    });
    await expect(clock.run(client().request(ReadDataByIdentifier, readVersion))).resolves.toBeTruthy();
    expect(events.filter((event) => event.kind === "pending")).toHaveLength(2);
  });

  test("V3 silence after 0x78 times out after P2*", async () => {
    scripted({ "22 F1 95": [[9, "7F 22 78"]] });
    const answer = client().request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).rejects.toMatchObject({ timer: "P2*", timeoutMs: 5010 });
    expect(clock.now()).toBe(1 + 10 + 5010);
  });

  test("V3 an ECU that says 0x78 for ever is given up after the overall cap", async () => {
    const forever = Array.from({ length: 30 }, (_, i) => [10 + i * 1000, "7F 22 78"] as const);
    scripted({ "22 F1 95": forever });
    const answer = client().request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).rejects.toMatchObject({ timer: "overall", timeoutMs: 20_000 });
    expect(clock.now()).toBe(20_000);
  });

  test("V3 a suppressed positive response is silence until P2 has passed", async () => {
    await expectWithin(clock, 61, client().requestSuppressed(TesterPresent, { zero: 0 }));
    expect(link.tester.sent).toEqual([{ text: "3E 80", atMs: 1 }]);
  });

  test("V3 a suppressed request is still refused", async () => {
    scripted({ "3E 80": [[1, "7F 3E 12"]] });
    const done = client().requestSuppressed(TesterPresent, { zero: 0 });
    await expect(clock.run(done)).rejects.toBeInstanceOf(UdsRefused);
  });

  test("V3 a suppressed request that was answered 0x78 must get its final answer", async () => {
    scripted({ "3E 80": [[1, "7F 3E 78"]] });
    const done = client().requestSuppressed(TesterPresent, { zero: 0 });
    await expect(clock.run(done)).rejects.toBeInstanceOf(UdsTimeout);
  });

  test.each([
    ["of another service", "54"],
    ["for another identifier", "62 F1 90 31"],
    ["that refuses another service", "7F 2E 31"],
    ["that is cut off", "7F 22"],
    ["that is empty of identifier", "62"],
  ])("V3 an answer %s is stray and does not end the request", async (_what, stray) => {
    scripted({
      "22 F1 95": [
        [5, stray],
        [20, "62 F1 95 31"],
      ],
    });
    await expect(clock.run(client().request(ReadDataByIdentifier, readVersion))).resolves.toMatchObject({
      did: 0xf195,
    });
    expect(events.map((event) => event.kind)).toEqual(["request", "stray", "response"]);
  });

  test("V3 a time-out names what came instead of the answer", async () => {
    scripted({ "22 F1 95": [[5, "62"]] });
    const answer = client().request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).rejects.toThrow(
      "ReadDataByIdentifier (22) was not answered within 60 ms (P2); 62 came, which does not answer it",
    );
  });

  test("V3 the late answer to a repeated block is not taken for the answer to the next", async () => {
    scripted({
      "36 01 AA": [[70, "76 01"]],
      "36 02 BB": [[30, "76 02"]],
    });
    const tester = client();
    const first = tester.request(TransferData, { counter: 1, data: hex("AA") });
    await expect(clock.run(first)).rejects.toSatisfy(wasLost);
    const second = tester.request(TransferData, { counter: 2, data: hex("BB") });
    await expect(clock.run(second)).resolves.toMatchObject({ counter: 2 });
    expect(events.filter((event) => event.kind === "stray")).toHaveLength(1);
  });

  test("V3 an answer that does not fit its declaration is UdsProtocolError", async () => {
    scripted({ "10 03": [[5, "50 03 00"]] });
    const answer = client().request(DiagnosticSessionControl, { session: 3 });
    await expect(clock.run(answer)).rejects.toBeInstanceOf(UdsProtocolError);
  });

  test("V3 requests wait for each other", async () => {
    scripted({ "22 F1 95": [[5, "62 F1 95 31"]], "11 01": [[5, "51 01"]] });
    const tester = client();
    await clock.run(
      Promise.all([
        tester.request(ReadDataByIdentifier, readVersion),
        tester.request(EcuReset, { resetType: 1 }),
      ]),
    );
    expect(link.tester.sent).toEqual([
      { text: "22 F1 95", atMs: 1 },
      { text: "11 01", atMs: 8 },
    ]);
  });

  test("V3 a refused request does not hold up the next", async () => {
    scripted({ "22 F1 95": [[5, "7F 22 22"]], "11 01": [[5, "51 01"]] });
    const tester = client();
    const both = Promise.allSettled([
      tester.request(ReadDataByIdentifier, readVersion),
      tester.request(EcuReset, { resetType: 1 }),
    ]);
    expect((await clock.run(both)).map((result) => result.status)).toEqual(["rejected", "fulfilled"]);
  });

  test("V3 a request that the transport cannot send is UdsTransportError with its cause", async () => {
    const cause = new RangeError("N_TIMEOUT_BS");
    link.breaks = () => cause;
    const answer = client().request(ReadDataByIdentifier, readVersion);
    const error: unknown = await clock.run(answer).catch((e) => e);
    expect(error).toBeInstanceOf(UdsTransportError);
    expect(error).toMatchObject({ direction: "request", cause });
    expect(wasLost(error)).toBe(true);
  });

  test("V3 an answer whose reception breaks off is UdsTransportError, without waiting for P2", async () => {
    const transport = { ...link.tester };
    let fail: (error: Error) => void = () => {};
    transport.subscribe = (receiver) => {
      fail = (error) => receiver.failed?.(error, clock.now());
      return link.tester.subscribe(receiver);
    };
    const answer = client({ transport }).request(ReadDataByIdentifier, readVersion);
    clock.after(20, () => fail(new RangeError("N_WRONG_SN")));
    await expect(clock.run(answer)).rejects.toMatchObject({ direction: "response" });
    expect(clock.now()).toBe(20);
  });

  test("V3 a signal ends the wait", async () => {
    const abort = new AbortController();
    const answer = client().request(ReadDataByIdentifier, readVersion, { signal: abort.signal });
    clock.after(10, () => abort.abort("the driver said no"));
    const error: unknown = await clock.run(answer).catch((e) => e);
    expect(error).toBeInstanceOf(UdsAborted);
    expect(error).toMatchObject({ cause: "the driver said no" });
  });

  test("V3 closing fails what waits, in the queue too", async () => {
    const tester = client();
    const both = Promise.allSettled([
      tester.request(ReadDataByIdentifier, readVersion),
      tester.request(EcuReset, { resetType: 1 }),
    ]);
    clock.after(10, () => tester.close());
    for (const result of await clock.run(both)) {
      expect(result).toMatchObject({ status: "rejected", reason: { name: "UdsAborted" } });
    }
    expect(link.tester.sent.map((sent) => sent.text)).toEqual(["22 F1 95"]);
  });

  test("V3 a functional request needs a functional address", async () => {
    const answer = client().request(TesterPresent, { zero: 0 }, { functional: true });
    await expect(clock.run(answer)).rejects.toBeInstanceOf(UdsProtocolError);
  });

  test("V3 a functional request goes to the functional address and is answered physically", async () => {
    const functional = new TestLink(clock);
    functional.ecu.subscribe({ message: () => void link.ecu.send(hex("50 03 00 32 01 F4")) });
    const tester = client({ functional: functional.tester });
    const answer = tester.request(DiagnosticSessionControl, { session: 3 }, { functional: true });
    await expect(clock.run(answer)).resolves.toMatchObject({ session: 3 });
    tester.close();
    expect(link.tester.sent).toEqual([]);
  });

  test("V3 an ECU that promises to be slower than its profile is believed", async () => {
    scripted({
      "10 03": [[5, "50 03 00 C8 01 F4"]],
      "22 F1 95": [[200, "62 F1 95 31"]],
    });
    const tester = client();
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await expect(clock.run(tester.request(ReadDataByIdentifier, readVersion))).resolves.toBeTruthy();
    tester.close();
  });

  test("V3 a reset ends what the ECU promised in its session", async () => {
    scripted({ "10 03": [[1, "50 03 00 C8 01 F4"]], "11 01": [[1, "51 01"]] });
    const tester = client();
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await clock.run(tester.request(EcuReset, { resetType: 1 }));
    const answer = tester.request(ReadDataByIdentifier, readVersion);
    await expect(clock.run(answer)).rejects.toMatchObject({ timer: "P2", timeoutMs: 60 });
  });

  test("V3 an ECU that promises to be faster than its profile is not", async () => {
    scripted({
      "10 03": [[5, "50 03 00 01 00 01"]],
      "22 F1 95": [[55, "62 F1 95 31"]],
    });
    const tester = client();
    await clock.run(tester.request(DiagnosticSessionControl, { session: 3 }));
    await expect(clock.run(tester.request(ReadDataByIdentifier, readVersion))).resolves.toBeTruthy();
    tester.close();
  });

  test("V3 raw bytes go and come as they are", async () => {
    scripted({ "BA 01": [[5, "FA 07"]] });
    await expect(clock.run(client().send(hex("BA 01")))).resolves.toEqual(hex("FA 07"));
  });

  test("V3 raw bytes that suppress their answer come back as nothing once P2 has passed", async () => {
    await expectWithin(clock, 61, client().send(hex("3E 80")));
    scripted({ "3E 80": [[1, "7F 3E 12"]] });
    await expect(clock.run(client().send(hex("3E 80")))).rejects.toBeInstanceOf(UdsRefused);
  });
});
