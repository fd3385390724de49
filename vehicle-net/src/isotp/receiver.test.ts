import { describe, expect, test } from "vitest";
import type { IsoTpSession } from "./session.ts";
import { bytes, hex, lines, only, testSession } from "./testing.ts";

const FIRST_OF_20 = bytes("10 14 00 01 02 03 04 05");
const SECOND_OF_20 = bytes("21 06 07 08 09 0A 0B 0C");
const LAST_OF_20 = bytes("22 0D 0E 0F 10 11 12 13");

/** A session that received the first frame of 20 bytes at 0 ms and whose flow control left at 0.5 ms. */
function receiving(options?: Parameters<typeof testSession>[0]): IsoTpSession {
  const session = testSession(options);
  session.receive(FIRST_OF_20, 0);
  session.departed("flow", 1, 0.5);
  return session;
}

test("V2 a single frame is a message", () => {
  expect(lines(testSession().receive(bytes("02 3E 00 CC CC CC CC CC"), 1))).toEqual(["received 3E 00"]);
});

describe("a first frame", () => {
  test("V2 is announced and answered with CTS", () => {
    expect(lines(testSession().receive(FIRST_OF_20, 0))).toEqual([
      "reception-started 20",
      "cancel N_Br",
      "transmit flow#1: 30 00 00 CC CC CC CC CC",
      "arm N_Ar 1000",
    ]);
  });

  test("V2 is answered with the BS and STmin of the options", () => {
    const session = testSession({ blockSize: 8, stMinMs: 0.5, padding: false });
    expect(only(session.receive(FIRST_OF_20, 0), "transmit")).toEqual(["transmit flow#1: 30 08 F5"]);
  });

  test("V2 starts N_Cr when the flow control has left", () => {
    const session = testSession();
    session.receive(FIRST_OF_20, 0);
    expect(lines(session.departed("flow", 1, 0.5))).toEqual(["cancel N_Ar", "arm N_Cr 1000.5"]);
  });

  test("V2 beyond maxMessageBytes is answered with OVFLW and takes no memory", () => {
    const session = testSession();
    expect(lines(session.receive(bytes("10 00 FF FF FF FF 00 01"), 0))).toEqual([
      "transmit flow#1: 32 00 00 CC CC CC CC CC",
      "reception-failed N_BUFFER_OVFLW",
    ]);
    expect(session.receive(bytes("21 02 03 04 05 06 07 08"), 1)).toEqual([]);
  });

  test("V2 of exactly maxMessageBytes is accepted", () => {
    const session = testSession({ maxMessageBytes: 20 });
    expect(only(session.receive(FIRST_OF_20, 0), "reception-started")).toEqual(["reception-started 20"]);
  });
});

describe("consecutive frames", () => {
  test("V2 complete the message", () => {
    const session = receiving();
    expect(lines(session.receive(SECOND_OF_20, 1))).toEqual(["arm N_Cr 1001"]);
    expect(lines(session.receive(LAST_OF_20, 2))).toEqual([
      "cancel N_Ar",
      "cancel N_Br",
      "cancel N_Cr",
      "received 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13",
    ]);
  });

  test("V2 after a block are awaited with the next flow control", () => {
    const session = receiving({ blockSize: 1 });
    expect(lines(session.receive(SECOND_OF_20, 1))).toEqual([
      "cancel N_Cr",
      "cancel N_Br",
      "transmit flow#1: 30 01 00 CC CC CC CC CC",
      "arm N_Ar 1001",
    ]);
  });

  test("V2 may arrive before the departure of the flow control is reported", () => {
    const session = testSession();
    session.receive(FIRST_OF_20, 0);
    session.receive(SECOND_OF_20, 1);
    expect(lines(session.departed("flow", 1, 0.5))).toEqual(["cancel N_Ar", "arm N_Cr 1001"]);
    expect(only(session.receive(LAST_OF_20, 2), "received")).toHaveLength(1);
  });

  test("V2 of a message that was abandoned are ignored", () => {
    const session = receiving();
    session.timeout("N_Cr", 1000.5);
    expect(session.receive(SECOND_OF_20, 1001)).toEqual([]);
  });

  test("V2 are ignored while idle", () => {
    expect(testSession().receive(SECOND_OF_20, 0)).toEqual([]);
  });

  test("V2 with a wrong sequence number abort the reception with N_WRONG_SN", () => {
    const effects = receiving().receive(LAST_OF_20, 1);
    expect(lines(effects)).toEqual([
      "cancel N_Ar",
      "cancel N_Br",
      "cancel N_Cr",
      "reception-failed N_WRONG_SN",
    ]);
    const failure = effects.at(-1);
    expect(failure?.do === "reception-failed" && failure.error.message).toBe(
      "Receiving 20 bytes (0x7E0 → 0x7E8) failed: frame 2 came where 1 was due, after 6 bytes (N_WRONG_SN).",
    );
  });

  test("V2 that come twice abort the reception with N_WRONG_SN", () => {
    const session = receiving();
    session.receive(SECOND_OF_20, 1);
    expect(only(session.receive(SECOND_OF_20, 1.5), "reception-failed")).toEqual([
      "reception-failed N_WRONG_SN",
    ]);
  });

  test.each([
    ["shorter than RX_DL before the last", "21 06 07 08 09 0A 0B"],
    ["longer than RX_DL", "21 06 07 08 09 0A 0B 0C 0D 0E 0F 10"],
  ])("V2 that are %s are ignored", (_, frame) => {
    const session = receiving();
    expect(session.receive(bytes(frame), 1)).toEqual([]);
    expect(lines(session.receive(SECOND_OF_20, 2))).toEqual(["arm N_Cr 1002"]);
  });

  test("V2 may end with a shorter frame, padded or not", () => {
    const session = testSession();
    session.receive(bytes("10 09 00 01 02 03 04 05"), 0);
    expect(only(session.receive(bytes("21 06 07 08"), 1), "received")).toEqual([
      "received 00 01 02 03 04 05 06 07 08",
    ]);
  });

  test("V2 in CAN FD have the length of the first frame", () => {
    const session = testSession();
    session.receive(bytes(`10 15 ${hex(new Uint8Array(10))}`), 0);
    expect(session.receive(bytes("21 06 07 08 09 0A 0B 0C"), 1)).toEqual([]);
    expect(only(session.receive(bytes(`21 ${hex(new Uint8Array(11))}`), 2), "received")).toHaveLength(1);
  });
});

describe("a reception ends with", () => {
  test("V2 N_TIMEOUT_Cr when the next frame does not come", () => {
    expect(only(receiving().timeout("N_Cr", 1000.5), "reception-failed")).toEqual([
      "reception-failed N_TIMEOUT_Cr",
    ]);
  });

  test("V2 N_TIMEOUT_A when our flow control does not leave", () => {
    const session = testSession();
    session.receive(FIRST_OF_20, 0);
    expect(only(session.timeout("N_Ar", 1000), "reception-failed")).toEqual(["reception-failed N_TIMEOUT_A"]);
  });

  test("V2 N_ERROR when the driver refuses our flow control", () => {
    const session = testSession();
    session.receive(FIRST_OF_20, 0);
    expect(only(session.undeliverable("flow", 1, "bus-off", 1), "reception-failed")).toEqual([
      "reception-failed N_ERROR",
    ]);
  });

  test("V2 N_UNEXP_PDU when a single frame comes, which is delivered", () => {
    expect(only(receiving().receive(bytes("02 3E 00"), 1), "received", "reception")).toEqual([
      "reception-failed N_UNEXP_PDU",
      "received 3E 00",
    ]);
  });

  test("V2 N_UNEXP_PDU when another first frame comes, which begins anew", () => {
    const session = receiving();
    session.receive(SECOND_OF_20, 1);
    expect(only(session.receive(FIRST_OF_20, 2), "reception", "transmit")).toEqual([
      "reception-failed N_UNEXP_PDU",
      "reception-started 20",
      "transmit flow#2: 30 00 00 CC CC CC CC CC",
    ]);
    session.receive(SECOND_OF_20, 3);
    expect(only(session.receive(LAST_OF_20, 4), "received")).toHaveLength(1);
  });
});

describe("while on hold", () => {
  test("V2 a first frame is answered with WAIT, again every N_Br", () => {
    const session = testSession({ timing: { nBrMs: 300 } });
    session.hold();
    expect(only(session.receive(FIRST_OF_20, 0), "transmit", "arm N_Br")).toEqual([
      "transmit flow#1: 31 00 00 CC CC CC CC CC",
      "arm N_Br 300",
    ]);
    expect(lines(session.departed("flow", 1, 0.5))).toEqual(["cancel N_Ar"]);
    expect(only(session.timeout("N_Br", 300), "transmit", "arm N_Br")).toEqual([
      "transmit flow#1: 31 00 00 CC CC CC CC CC",
      "arm N_Br 600",
    ]);
  });

  test("V2 the end of the hold clears the sender at once", () => {
    const session = testSession();
    session.hold();
    session.receive(FIRST_OF_20, 0);
    expect(only(session.resume(10), "transmit", "cancel N_Br")).toEqual([
      "cancel N_Br",
      "transmit flow#1: 30 00 00 CC CC CC CC CC",
    ]);
  });

  test("V2 frames that ignore the WAIT are ignored", () => {
    const session = testSession();
    session.hold();
    session.receive(FIRST_OF_20, 0);
    expect(session.receive(SECOND_OF_20, 1)).toEqual([]);
  });

  test("V2 no more than N_WFTmax WAITs are sent, then N_WFT_OVRN", () => {
    const session = testSession({ wftMax: 1 });
    session.hold();
    session.receive(FIRST_OF_20, 0);
    expect(only(session.timeout("N_Br", 400), "reception-failed", "transmit")).toEqual([
      "reception-failed N_WFT_OVRN",
    ]);
  });

  test("V2 the end of a hold without a waiting sender sends nothing", () => {
    const session = testSession();
    session.hold();
    expect(session.resume(1)).toEqual([]);
  });
});

test("V2 a message is received while another is sent", () => {
  const session = testSession();
  session.send(bytes("00 01 02 03 04 05 06 07 08"), 0);
  session.departed("data", 1, 0.25);
  session.receive(FIRST_OF_20, 0.5);
  session.receive(SECOND_OF_20, 1);
  expect(only(session.receive(bytes("30 00 00"), 1.25), "transmit")).toEqual([
    "transmit data#1: 21 06 07 08 CC CC CC CC",
  ]);
  expect(only(session.receive(LAST_OF_20, 2), "received")).toHaveLength(1);
  expect(only(session.departed("data", 1, 3), "sent")).toEqual(["sent 3"]);
});
