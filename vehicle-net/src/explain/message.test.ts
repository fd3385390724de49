import { describe, expect, test } from "vitest";
import { engine } from "../ecu/profiles/engine.ts";
import { examples } from "../uds/services/test-examples.ts";
import { hex } from "../uds/test-link.ts";
import { describeAnswer, describeRequest } from "./message.ts";

describe("V5 UDS messages in words", () => {
  test.each(examples)("V5 %s is described by its declaration", (name, { request, response }) => {
    for (const described of [describeRequest(hex(request)), describeAnswer(hex(response))]) {
      expect(described.headline).toContain(`${name} (`);
      expect(described.details.join()).not.toContain("malformed");
    }
  });

  test.each([
    ["22 F1 95 F1 8C", ["dids: F195 softwareVersion; F18C serialNumber"]],
    [
      "31 01 FF 00 44 00 00 10 00 00 00 02 00",
      [
        "controlType: start (01)",
        "routineId: FF00 eraseMemory",
        "optionRecord: format 44, address 00001000, length 512",
      ],
    ],
    ["19 02 08", ["report: byStatusMask (02)", "statusMask: 08"]],
    ["2E F1 5A 26 11 21 62", ["did: F15A fingerprint", "data: date 2026-11-21, tester b"]],
    ["2E F1 5A 26", ["did: F15A fingerprint", "data: 26"]],
    ["11 60", ["resetType: 60"]],
    ["BA 01 02", ["data: 01 02"]],
    ["10 81", ["session: default (01)"]],
  ])("V5 the request %s", (request, details) => {
    expect(describeRequest(hex(request), engine).details).toEqual(details);
  });

  test.each([
    ["62 FD 01 03", ["did: FD01 trialState", "data: fallback"]],
    [
      "71 01 02 02 06",
      [
        "controlType: start (01)",
        "routineId: 0202 checkMemory",
        "statusRecord: digestMismatch: the bank does not have the digest that was signed",
      ],
    ],
    [
      "59 02 08 0A 9B 17 24 08 05 11 2F",
      [
        "report: byStatusMask (02)",
        "availabilityMask: 08",
        "dtcs: dtc 0A9B17, status 24; dtc 080511, status 2F",
      ],
    ],
    ["59 02 08", ["report: byStatusMask (02)", "availabilityMask: 08", "dtcs: none"]],
    ["50 03 00", ["malformed: the message has 2 bytes; byte 3 is missing", "bytes: 50 03 00"]],
  ])("V5 the answer %s", (answer, details) => {
    expect(describeAnswer(hex(answer), engine).details).toEqual(details);
  });

  test.each([
    [
      "7F 36 73",
      "negative",
      "TransferData (36) refused: wrongBlockSequenceCounter (73): the block counter is not the one that was due",
    ],
    ["7F 31 78", "pending", "RoutineControl (31) responsePending (78): the ECU is still working on it"],
    ["7F 31", "negative", "RoutineControl (31) refused without a code"],
    ["01", "positive", "no answer of any service (01)"],
    ["", "empty", "an empty message"],
  ])("V5 the answer %s is %s", (answer, kind, headline) => {
    expect(describeAnswer(hex(answer))).toMatchObject({ kind, headline });
  });

  test("V5 names that the profile adds are used", () => {
    const profile = {
      ...engine,
      otherDids: { oilTemperature: 0xd001 },
      otherRoutines: { adaptationReset: 0x0311 },
    };
    expect(describeRequest(hex("22 D0 01"), profile).details).toEqual(["dids: D001 oilTemperature"]);
    expect(describeRequest(hex("31 01 03 11"), profile).details[1]).toBe("routineId: 0311 adaptationReset");
  });
});
