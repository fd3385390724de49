import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { expectWhile } from "../clock/testing.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import type { MessageReceiver } from "../isotp/transport.ts";
import { UdsRefused } from "./error.ts";
import { handle } from "./handler.ts";
import { Nrc } from "./nrc.ts";
import { type ServerEvent, UdsServer, type UdsServerOptions } from "./server.ts";
import { ReadDataByIdentifier } from "./services/data-by-identifier.ts";
import { EcuReset } from "./services/ecu-reset.ts";
import { RoutineControl } from "./services/routine-control.ts";
import { hex, TestLink, text } from "./test-link.ts";

const timing = { p2Ms: 50, p2StarMs: 5000, s3Ms: 5000 };

let clock: VirtualClock;
let link: TestLink;
let functional: TestLink;
let events: ServerEvent[];

beforeEach(() => {
  clock = new VirtualClock();
  link = new TestLink(clock);
  functional = new TestLink(clock);
  events = [];
});

const read = handle(ReadDataByIdentifier, {}, ({ dids }) => {
  if (dids[0] !== 0xf195) throw new UdsRefused(ReadDataByIdentifier, Nrc.requestOutOfRange);
  return { did: 0xf195, data: hex("31") };
});

/** A routine that takes `routineId` milliseconds. */
const slowRoutine = handle(
  RoutineControl,
  { sessions: [2, 3] },
  async ({ controlType, routineId }, context) => {
    await context.clock.sleep(routineId);
    return { controlType, routineId };
  },
);

const start = (options: Partial<UdsServerOptions> = {}): UdsServer =>
  new UdsServer({
    transport: link.ecu,
    functionalTransport: functional.ecu,
    clock,
    timing,
    handlers: [read, slowRoutine],
    onEvent: (event) => events.push(event),
    ...options,
  });

/** Sends one request and lets a second pass; gives the texts of what was answered. */
async function ask(request: string, wire: TestLink = link): Promise<string[]> {
  const before = link.ecu.sent.length;
  void wire.tester.send(hex(request));
  await clock.advance(1000);
  return link.ecu.sent.slice(before).map((sent) => sent.text);
}

describe("V3 server", () => {
  test.each([
    ["a request is answered by its handler", "22 F1 95", ["62 F1 95 31"]],
    ["a handler refuses by throwing", "22 F1 90", ["7F 22 31"]],
    ["a service without handler is 11", "85 02", ["7F 85 11"]],
    ["a service identifier that nobody declared is 11", "BA", ["7F BA 11"]],
    ["a request that is too short is 13", "22 F1", ["7F 22 13"]],
    ["a request that is too long is 13", "10 01 00", ["7F 10 13"]],
    ["a missing sub-function is 13", "10", ["7F 10 13"]],
    ["a session that does not exist is 12", "10 40", ["7F 10 12"]],
    ["a service of another session is 7F", "31 01 00 01", ["7F 31 7F"]],
    ["the programming session is not entered from the default one: 7E", "10 02", ["7F 10 7E"]],
    ["TesterPresent is answered", "3E 00", ["7E 00"]],
    ["TesterPresent with a sub-function other than zero is 12", "3E 01", ["7F 3E 12"]],
    ["a suppressed positive response is not sent", "10 83", []],
    ["a suppress bit does not suppress a refusal", "10 C0", ["7F 10 12"]],
    ["the answer to 10 tells P2 and P2*", "10 03", ["50 03 00 32 01 F4"]],
    ["an empty message is ignored", "", []],
  ])("V3 %s", async (_what, request, answers) => {
    start();
    expect(await ask(request)).toEqual(answers);
  });

  test.each([
    ["11", "BA", []],
    ["12", "10 40", []],
    ["31", "22 F1 90", []],
    ["7E", "10 02", []],
    ["7F", "31 01 00 01", []],
    ["13, which is not silent", "22 F1", ["7F 22 13"]],
  ])("V3 a functional request that would be refused with %s", async (_nrc, request, answers) => {
    start();
    expect(await ask(request, functional)).toEqual(answers);
  });

  test("V3 a functional request is answered on the physical address", async () => {
    start();
    expect(await ask("22 F1 95", functional)).toEqual(["62 F1 95 31"]);
  });

  test("V3 a code that is not legal for the service becomes generalReject and is reported", async () => {
    const handler = handle(ReadDataByIdentifier, {}, () => {
      throw new UdsRefused(ReadDataByIdentifier, Nrc.wrongBlockSequenceCounter);
    });
    start({ handlers: [handler] });
    expect(await ask("22 F1 95")).toEqual(["7F 22 10"]);
    expect(events).toContainEqual({ kind: "illegal-nrc", service: "ReadDataByIdentifier", nrc: 0x73 });
  });

  test.each([
    ["throws something else", () => Promise.reject(new RangeError("bug"))],
    ["answers what does not fit", () => Promise.resolve({ did: 0x1_0000, data: hex("01") })],
  ])("V3 a handler that %s gives generalReject and is reported", async (_what, answer) => {
    start({ handlers: [handle(ReadDataByIdentifier, {}, answer)] });
    expect(await ask("22 F1 95")).toEqual(["7F 22 10"]);
    expect(events).toContainEqual(expect.objectContaining({ kind: "handler-failed" }));
  });

  test("V3 a declared sub-function list refuses the others with 12", async () => {
    const handler = handle(EcuReset, { subFunctions: [1] }, ({ resetType }) => ({ resetType }));
    start({ handlers: [handler] });
    expect(await ask("11 01")).toEqual(["51 01"]);
    expect(await ask("11 03")).toEqual(["7F 11 12"]);
  });

  test("V3 a handler that is bound to a security level is refused with 33 while locked", async () => {
    start({ handlers: [handle(ReadDataByIdentifier, { security: 1 }, () => ({ did: 1, data: hex("01") }))] });
    expect(await ask("22 00 01")).toEqual(["7F 22 33"]);
  });

  test("V3 what is to follow a reset runs after its answer has left", async () => {
    let resetAtMs = 0;
    const handler = handle(EcuReset, {}, ({ resetType }, context) => {
      context.afterResponse(() => (resetAtMs = clock.now()));
      return { resetType };
    });
    start({ handlers: [handler] });
    await ask("11 01");
    expect(link.ecu.sent).toEqual([{ text: "51 01", atMs: resetAtMs }]);
  });

  test("V3 what was to follow does not run where the request is refused", async () => {
    let ran = false;
    const handler = handle(EcuReset, {}, (_request, context) => {
      context.afterResponse(() => (ran = true));
      throw new UdsRefused(EcuReset, Nrc.conditionsNotCorrect);
    });
    start({ handlers: [handler] });
    expect(await ask("11 01")).toEqual(["7F 11 22"]);
    expect(ran).toBe(false);
  });

  test("V3 any change of session locks the ECU again", async () => {
    const algorithm = { seedBytes: 1, key: (seed: Uint8Array) => seed };
    const server = start({
      security: {
        levels: [{ level: 1, algorithm, secret: hex("") }],
        store: { load: async () => 0, save: async () => {} },
        random: () => hex("42"),
      },
    });
    expect(await ask("27 01")).toEqual(["7F 27 7F"]);
    await ask("10 03");
    expect(await ask("27 01")).toEqual(["67 01 42"]);
    expect(await ask("27 02 42")).toEqual(["67 02"]);
    expect(server.unlocked).toBe(1);
    await ask("10 03");
    expect(server.unlocked).toBeUndefined();
  });

  test("V3 a session may be refused by the ECU", async () => {
    const server = start({
      enteringSession: () => {
        throw new UdsRefused({ name: "DiagnosticSessionControl", sid: 0x10 }, Nrc.conditionsNotCorrect);
      },
    });
    expect(await ask("10 03")).toEqual(["7F 10 22"]);
    expect(server.session).toBe(1);
  });
});

describe("V3 server timing", () => {
  test("V3 a handler that takes longer than P2 says 0x78 before P2 ends, and again before P2*", async () => {
    start();
    await ask("10 03");
    link.ecu.sent.length = 0;
    const fromMs = clock.now() + 1;
    void link.tester.send(hex("31 01 1F 40")); // 8000 ms
    await clock.advance(9000);
    const answers = link.ecu.sent.map(({ text, atMs }) => [text, atMs - fromMs]);
    expect(answers).toEqual([
      ["7F 31 78", 36],
      ["7F 31 78", 3536],
      ["7F 31 78", 7036],
      ["71 01 1F 40", 8001],
    ]);
  });

  test("V3 a handler that is in time says no 0x78", async () => {
    start();
    await ask("10 03");
    expect(await ask("31 01 00 1E")).toEqual(["71 01 00 1E"]); // 30 ms
  });

  test("V3 after a 0x78 the final answer comes although it was to be suppressed", async () => {
    start();
    await ask("10 03");
    expect(await ask("31 81 00 C8")).toEqual(["7F 31 78", "71 01 00 C8"]); // 200 ms
  });

  test("V3 after a 0x78 a functional request is refused aloud", async () => {
    const handler = handle(ReadDataByIdentifier, {}, async () => {
      await clock.sleep(100);
      throw new UdsRefused(ReadDataByIdentifier, Nrc.requestOutOfRange);
    });
    start({ handlers: [handler] });
    expect(await ask("22 F1 90", functional)).toEqual(["7F 22 78", "7F 22 31"]);
  });

  test("V3 a second request while the first is worked on is told to come again (21)", async () => {
    start();
    await ask("10 03");
    void link.tester.send(hex("31 01 00 C8"));
    await clock.advance(50);
    expect(await ask("22 F1 95")).toEqual(["7F 22 21", "71 01 00 C8"]);
  });

  test("V3 a functional request while another is worked on is passed over in silence", async () => {
    start();
    await ask("10 03");
    void link.tester.send(hex("31 01 00 C8"));
    await clock.advance(50);
    expect(await ask("22 F1 95", functional)).toEqual(["71 01 00 C8"]);
  });

  test("V3 TesterPresent does not disturb a request that is worked on", async () => {
    start();
    await ask("10 03");
    void link.tester.send(hex("31 01 00 C8"));
    await clock.advance(50);
    expect(await ask("3E 80", functional)).toEqual(["71 01 00 C8"]);
  });

  test("V3 S3 ends a session in which nothing is asked", async () => {
    const server = start();
    void link.tester.send(hex("10 03"));
    await clock.advance(2); // the answer leaves here, S3 starts
    await expectWhile(clock, 4999, () => server.session === 3);
    await clock.advance(1);
    expect(server.session).toBe(1);
    expect(events).toContainEqual({ kind: "session", from: 3, to: 1, reason: "S3" });
  });

  test.each([
    ["physical", () => link],
    ["functional", () => functional],
  ])("V3 TesterPresent (%s) keeps a session alive", async (_address, wire) => {
    const server = start();
    await ask("10 03");
    for (let i = 0; i < 5; i++) {
      await clock.advance(3000);
      await ask("3E 80", wire());
    }
    expect(server.session).toBe(3);
  });

  test("V3 S3 does not run while a request is worked on", async () => {
    const server = start();
    await ask("10 03");
    void link.tester.send(hex("31 01 1F 40")); // 8000 ms
    await clock.advance(8100);
    expect(link.ecu.sent.at(-1)?.text).toBe("71 01 1F 40");
    expect(server.session).toBe(3);
  });

  test("V3 S3 does not run while a long request arrives", async () => {
    const server = start();
    void link.tester.send(hex("10 03"));
    await clock.advance(4998);
    void link.tester.send(hex("22 F1 95 F1 95 F1 95 F1 95")); // arrives from 4999 to 5008 ms
    await clock.advance(20);
    expect(server.session).toBe(3);
  });

  test("V3 S3 runs again where the reception of a long request breaks off", async () => {
    const receivers: MessageReceiver[] = [];
    const transport = { ...link.ecu };
    transport.subscribe = (receiver) => {
      receivers.push(receiver);
      return link.ecu.subscribe(receiver);
    };
    const server = start({ transport });
    await ask("10 03");
    receivers[0]?.started?.(100, clock.now());
    await clock.advance(6000);
    expect(server.session).toBe(3);
    receivers[0]?.failed?.(new RangeError("N_TIMEOUT_CR"), clock.now());
    await clock.advance(5000);
    expect(server.session).toBe(1);
  });

  test("V3 a closed server answers nothing, not even what it was working on", async () => {
    const server = start();
    await ask("10 03");
    void link.tester.send(hex("31 01 00 14"));
    await clock.advance(5);
    server.close();
    const before = link.ecu.sent.length;
    await clock.advance(1000);
    expect(await ask("22 F1 95")).toEqual([]);
    expect(link.ecu.sent).toHaveLength(before);
  });

  test("V3 a reset ends the session", async () => {
    const server = start();
    await ask("10 03");
    server.reset();
    expect(server.session).toBe(1);
  });
});

test("V3 any bytes at all get one answer of their own service or silence, and the server lives on", async () => {
  start();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 12 }), async (bytes) => {
      const answers = await ask(text(bytes));
      expect(answers.length).toBeLessThanOrEqual(3);
      for (const answer of answers) {
        const [first, second] = hex(answer);
        expect(first === 0x7f ? second : first! - 0x40).toBe(bytes[0]);
      }
      expect(await ask("22 F1 95")).toContain("62 F1 95 31");
    }),
    { numRuns: 200 },
  );
});
