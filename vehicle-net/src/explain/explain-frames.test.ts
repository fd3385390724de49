import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCandumpLine } from "../can/candump.ts";
import type { ReceivedFrame } from "../can/frame.ts";
import { engine } from "../ecu/profiles/engine.ts";
import { hex } from "../uds/test-link.ts";
import { Explainer, explainFrames, type ExplainOptions } from "./explain-frames.ts";

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");

/** Lines like `12 7E0 02 10 03`: ms, identifier (more than three digits: 29 bits), data. */
const frames = (...lines: readonly string[]): ReceivedFrame[] =>
  lines.map((line) => {
    const [ms = "", id = "", ...data] = line.split(" ");
    const extended = id.length > 3;
    return { atMs: Number(ms), id: Number.parseInt(id, 16), extended, data: hex(data.join(" ")) };
  });

const explain = (lines: readonly string[], options?: ExplainOptions): string[] => [
  ...explainFrames(frames(...lines), options),
];
/** The lines that begin with a time, without it. */
const headlines = (lines: readonly string[], options?: ExplainOptions): string[] =>
  explain(lines, options)
    .filter((line) => / ms {2}\S/.test(line))
    .map((line) => line.replace(/^ +[\d.]+ ms {2}/, ""));

/** 10 bytes from 7E0, with the flow control of 7E8. */
const longRequest = [
  "0 7E0 10 0A 2E F1 5A 01 02 03",
  "1 7E8 30 00 00",
  "2 7E0 21 04 05 06 07 CC CC CC",
] as const;

describe("V5 explain", () => {
  test.each(["flash", "lossy-fd"])("V5 the capture %s reads as its golden text", (name) => {
    const capture = fixture(`${name}.candump`)
      .split("\n")
      .map(parseCandumpLine)
      .filter((entry) => entry !== undefined)
      .map(({ frame, atMs }) => ({ ...frame, atMs }));
    const text = [...explainFrames(capture, { profiles: [engine] })].join("\n");
    expect(text).toBe(fixture(`${name}.txt`).trimEnd());
  });

  test("V5 a message is explained as soon as it is complete", () => {
    const explainer = new Explainer();
    const [first, flow, last] = frames(...longRequest);
    expect([...explainer.frame(first!), ...explainer.frame(flow!)]).toEqual([]);
    expect(explainer.frame(last!)[0]).toContain("WriteDataByIdentifier (2E)");
  });

  test("V5 CAN, ISO-TP and UDS stand one below the other", () => {
    expect(explain(longRequest).slice(0, 7)).toEqual([
      "       0.000 ms  → ECU 7E0  WriteDataByIdentifier (2E)",
      "                   ├ did: F15A",
      "                   ├ data: 01 02 03 04 05 06 07",
      "                   └ ISO-TP: 10 bytes in 2 frames, 2 ms",
      "                     ├ CAN 7E0 [8] 10 0A 2E F1 5A 01 02 03",
      "                     ├ CAN 7E8 [3] 30 00 00: continue, block size 0, STmin 0 ms",
      "                     └ 1 consecutive frame",
    ]);
  });

  test.each([
    ["7E0 02 3E 00", "→ ECU 7E0  TesterPresent (3E)"],
    ["18DA10F1 02 3E 00", "→ ECU 18DA10F1  TesterPresent (3E)"],
    ["18DAF110 02 7E 00", "← ECU 18DA10F1  TesterPresent (3E), to nothing that was asked"],
    ["7DF 02 3E 80", "→ all ECUs  TesterPresent (3E), no positive answer wanted"],
    ["18DB33F1 02 3E 80", "→ all ECUs  TesterPresent (3E), no positive answer wanted"],
    ["7E0 03 AA 01 02", "→ ECU 7E0  service (AA)"],
  ])("V5 the frame %s is found by its identifier", (frame, headline) => {
    expect(headlines([`0 ${frame}`])[0]).toBe(headline);
  });

  test("V5 an answer tells how long it took from the end of its request", () => {
    expect(headlines(["0 7E0 02 3E 00", "12.5 7E8 02 7E 00"])[1]).toBe(
      "← ECU 7E0  TesterPresent (3E), after 12.5 ms",
    );
  });

  test("V5 an answer that is later than the profile's P2 says so", () => {
    const options = { profiles: [engine] };
    expect(headlines(["0 708 02 3E 00", "51 700 02 7E 00"], options)[1]).toContain(
      "after 51 ms, later than its P2 of 50 ms",
    );
    const pending = ["0 708 02 3E 00", "9 700 03 7F 3E 78", "5010 700 02 7E 00"];
    expect(headlines(pending, options)[2]).toContain("5001 ms after its 78, later than its P2* of 5000 ms");
  });

  test("V5 a refusal is named in words", () => {
    expect(headlines(["0 7E0 03 22 F1 90", "1 7E8 03 7F 22 31"])[1]).toBe(
      "← ECU 7E0  ReadDataByIdentifier (22) refused: requestOutOfRange (31): an identifier, address or value of the request is out of range, after 1 ms",
    );
  });

  test.each([
    ["physical", "7E0", "! ECU 7E0  no answer to TesterPresent (3E) for 300 ms"],
    ["suppressed", "7E0 02 3E 80", undefined],
    ["functional", "7DF", undefined],
  ])("V5 a %s request without an answer is missed where one was due", (_kind, request, line) => {
    const first = request.includes(" ") ? request : `${request} 02 3E 00`;
    const lines = headlines(["0 7E8 02 7E 00", `1 ${first}`, "301 7E0 02 3E 00", "302 7E8 02 7E 00"]);
    expect(lines.find((one) => one.startsWith("!"))).toBe(line);
  });

  test("V5 a final answer that never follows a 78 is missed", () => {
    const lines = headlines(["0 7E0 02 3E 00", "10 7E8 03 7F 3E 78", "6010 7E0 02 3E 00"]);
    expect(lines).toContain("! ECU 7E0  no final answer to TesterPresent (3E) for 6000 ms");
  });

  test("V5 a request without an answer at the end of the capture may still get one", () => {
    expect(headlines(["0 7E0 02 3E 00", "4 123 00"])[1]).toBe(
      "· ECU 7E0  the capture ends 4 ms after TesterPresent (3E), which has no answer yet",
    );
  });

  test("V5 the answer to a functional request counts from it, for an ECU not seen before too", () => {
    expect(headlines(["0 7DF 02 10 03", "5 7E8 06 50 03 00 32 01 F4"])[1]).toBe(
      "← ECU 7E0  DiagnosticSessionControl (10), after 5 ms",
    );
  });

  test("V5 what does not fit its declaration is said to be malformed", () => {
    expect(explain(["0 7E0 02 22 F1"])[1]).toContain("malformed: the message has 1 bytes; byte 2 is missing");
  });

  test("V5 other frames are counted, or shown where that is asked for", () => {
    const lines = ["0 123 01 02", "1 7E0 02 3E 00", "2 456 03"];
    expect(explain(lines).at(-1)).toBe("2 other frames: 123, 456");
    expect(headlines(lines, { others: true })[0]).toBe("· CAN 123 [2] 01 02");
  });

  test("V5 the summary counts requests, refusals and missing answers of each ECU", () => {
    const first = ["0 7E0 02 3E 00", "1 7E8 03 7F 3E 12", "2 7E0 02 3E 00", "3 7E0 02 3E 00"];
    const lines = [...first, "4 7E8 02 7E 00", "5 7E1 02 3E 00", "9 7E9 02 7E 00"];
    expect(explain(lines).slice(-3)).toEqual([
      "7 frames in 9 ms",
      "ECU 7E0: 3 requests, 1 refused, 1 unanswered, slowest answer after 1 ms",
      "ECU 7E1: 1 request, 0 refused, 0 unanswered, slowest answer after 4 ms",
    ]);
  });

  test("V5 a capture without frames says so", () => {
    expect(explain([])).toEqual(["No frames."]);
  });
});

describe("V5 explain, what goes wrong in ISO-TP", () => {
  const flow = "1 7E8 30 00 00";
  const first = "0 7E0 10 20 36 01 00 00 00 00";

  test.each([
    [
      "a lost frame",
      [first, flow, "2 7E0 21 00 00 00 00 00 00 00", "3 7E0 23 00 00 00 00 00 00 00"],
      "request: Receiving 32 bytes (7E0) failed: frame 3 came where 2 was due, after 13 bytes (N_WRONG_SN).",
    ],
    [
      "a sender that stops",
      [first, flow, "2 7E0 21 00 00 00 00 00 00 00", "1100 123 00"],
      "request: a message of 32 bytes was not completed: it stopped (N_TIMEOUT_Cr) within 1000 ms, after 1 consecutive frame",
    ],
    [
      "no flow control",
      [first, "1100 123 00"],
      "request: a message of 32 bytes was not completed: no flow control came (N_TIMEOUT_Bs) within 1000 ms, after 0 consecutive frames",
    ],
    [
      "a receiver without room",
      [first, "1 7E8 32 00 00"],
      "request: a message of 32 bytes was not completed: the receiver has no room for it (N_BUFFER_OVFLW), after 0 consecutive frames",
    ],
    [
      "a reserved flow status",
      [first, "1 7E8 35 00 00"],
      "request: a message of 32 bytes was not completed: the receiver answered the reserved flow status 5 (N_INVALID_FS), after 0 consecutive frames",
    ],
    [
      "another message in between",
      [first, flow, "2 7E0 02 3E 00"],
      "request: Receiving 32 bytes (7E0) failed: the sender began another message, after 6 bytes (N_UNEXP_PDU).",
    ],
    [
      "frames without a beginning",
      ["0 7E8 21 00 00", "1 7E8 22 00 00", "2 7E8 02 7E 00"],
      "answer: 2 consecutive frames that belong to no message",
    ],
    ["what is no ISO-TP frame", ["0 7E8 F0"], "answer: no ISO-TP frame: CAN 7E8 [1] F0"],
    [
      "a capture that ends too early",
      [first, flow],
      "request: a message of 32 bytes was not completed: the capture ends within it, after 0 consecutive frames",
    ],
  ])("V5 %s is named", (_what, lines, sentence) => {
    expect(headlines(lines)).toContain(`! ECU 7E0  ${sentence}`);
  });

  test("V5 flow control that says wait holds the time-out off", () => {
    const waits = ["900 7E8 31 00 00", "1800 7E8 31 00 00", "2700 7E8 30 00 00"];
    const rest = ["2701 7E0 21", "2702 7E0 22", "2703 7E0 23", "2704 7E0 24"];
    const data = " 00 00 00 00 00 00 00";
    const lines = explain([first, ...waits, ...rest.map((frame) => frame + data)]);
    expect(lines.join("\n")).not.toContain(" ! ");
    expect(lines).toContain("                     ├ CAN 7E8 [3] 31 00 00: wait");
  });

  test("V5 any frames at all are explained without an error", () => {
    const anyFrame = fc.record({
      id: fc.constantFrom(0x7e0, 0x7e8, 0x7df, 0x708, 0x700, 0x123),
      atMs: fc.nat(5000),
      data: fc.uint8Array({ maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 30 }), (any) => {
        const inOrder = any.toSorted((a, b) => a.atMs - b.atMs);
        expect([...explainFrames(inOrder, { profiles: [engine] })].length).toBeGreaterThan(0);
      }),
    );
  });
});
