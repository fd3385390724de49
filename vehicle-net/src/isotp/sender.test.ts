import { describe, expect, test } from "vitest";
import { IsoTpError } from "./error.ts";
import type { IsoTpSession } from "./session.ts";
import { bytes, counting, lines, only, testSession } from "./testing.ts";

const CTS = bytes("30 00 00");
const WAIT = bytes("31 00 00");
const OVFLW = bytes("32 00 00");

/** A session whose first frame of `length` bytes left at 1 ms. */
function afterFirstFrame(length: number, options?: Parameters<typeof testSession>[0]): IsoTpSession {
  const session = testSession(options);
  session.send(counting(length), 0);
  session.departed("data", 1, 1);
  return session;
}

describe("a message that fits one frame", () => {
  test("V2 leaves as a single frame and is confirmed by its departure", () => {
    const session = testSession();
    expect(lines(session.send(bytes("3E 00"), 0))).toEqual([
      "transmit data#1: 02 3E 00 CC CC CC CC CC",
      "arm N_As 1000",
    ]);
    expect(lines(session.departed("data", 1, 0.25))).toEqual(["cancel N_As", "sent 0.25"]);
  });

  test("V2 waits for the message before it", () => {
    const session = testSession();
    session.send(bytes("3E 00"), 0);
    expect(session.send(bytes("10 03"), 0)).toEqual([]);
    expect(lines(session.departed("data", 1, 0.25))).toEqual([
      "cancel N_As",
      "sent 0.25",
      "transmit data#2: 02 10 03 CC CC CC CC CC",
      "arm N_As 1000.25",
    ]);
  });

  test.each([0, 0x1_0000_0000])("V2 of %i bytes is refused", (length) => {
    const message = new Uint8Array(0);
    Object.defineProperty(message, "length", { value: length });
    expect(() => testSession().send(message, 0)).toThrow(
      expect.objectContaining({ name: "IsoTpError", fault: "MESSAGE_LENGTH" }),
    );
  });
});

describe("a segmented message", () => {
  test("V2 begins with a first frame; N_Bs runs from its departure", () => {
    const session = testSession();
    expect(lines(session.send(counting(20), 0))).toEqual([
      "transmit data#1: 10 14 00 01 02 03 04 05",
      "arm N_As 1000",
    ]);
    expect(lines(session.departed("data", 1, 0.5))).toEqual(["cancel N_As", "arm N_Bs 1000.5"]);
  });

  test("V2 with BS 0 and STmin 0 hands all its frames over at once", () => {
    const session = afterFirstFrame(20);
    expect(lines(session.receive(CTS, 2))).toEqual([
      "cancel N_Bs",
      "transmit data#1: 21 06 07 08 09 0A 0B 0C",
      "arm N_As 1002",
      "transmit data#1: 22 0D 0E 0F 10 11 12 13",
    ]);
    expect(lines(session.departed("data", 1, 2.25))).toEqual(["arm N_As 1002.25"]);
    expect(lines(session.departed("data", 1, 2.5))).toEqual(["cancel N_As", "sent 2.5"]);
  });

  test("V2 keeps no more frames ahead than framesAhead", () => {
    const session = afterFirstFrame(6 + 4 * 7, { framesAhead: 2 });
    expect(only(session.receive(CTS, 2), "transmit")).toHaveLength(2);
    expect(lines(session.departed("data", 1, 3))).toEqual([
      "arm N_As 1003",
      "transmit data#1: 23 14 15 16 17 18 19 1A",
    ]);
  });

  test("V2 counts its frames 1 … 15, 0, 1 …", () => {
    const frames = only(afterFirstFrame(6 + 17 * 7).receive(CTS, 2), "transmit");
    const numbers = frames.map((text) => text.charAt("transmit data#1: 2".length));
    expect(numbers.join("")).toBe("123456789ABCDEF01");
  });

  test("V2 stops after BS frames for the next flow control", () => {
    const session = afterFirstFrame(6 + 5 * 7);
    expect(only(session.receive(bytes("30 02 00"), 2), "transmit")).toHaveLength(2);
    session.departed("data", 1, 2.25);
    expect(lines(session.departed("data", 1, 2.5))).toEqual(["cancel N_As", "arm N_Bs 1002.5"]);
    expect(only(session.receive(bytes("30 02 00"), 3), "transmit")).toHaveLength(2);
  });

  test("V2 reads BS and STmin again from every CTS", () => {
    const session = afterFirstFrame(6 + 5 * 7);
    session.receive(bytes("30 01 00"), 2);
    session.departed("data", 1, 3);
    expect(only(session.receive(bytes("30 02 0A"), 20), "transmit")).toEqual([
      "transmit data#1: 22 0D 0E 0F 10 11 12 13",
    ]);
    expect(lines(session.departed("data", 1, 21))).toEqual(["cancel N_As", "arm STmin 31"]);
  });

  test("V2 keeps STmin from the departure of one frame to the start of the next", () => {
    const session = afterFirstFrame(6 + 3 * 7);
    expect(only(session.receive(bytes("30 00 F5"), 2), "transmit")).toHaveLength(1);
    expect(lines(session.departed("data", 1, 7))).toEqual(["cancel N_As", "arm STmin 7.5"]);
    expect(lines(session.timeout("STmin", 7.5))).toEqual([
      "transmit data#1: 22 0D 0E 0F 10 11 12 13",
      "arm N_As 1007.5",
    ]);
  });

  test("V2 keeps STmin across a flow control that comes sooner", () => {
    const session = afterFirstFrame(6 + 3 * 7);
    session.receive(bytes("30 01 0A"), 2);
    session.departed("data", 1, 3);
    expect(lines(session.receive(bytes("30 01 0A"), 4))).toEqual(["cancel N_Bs", "arm STmin 13"]);
  });

  test("V2 takes a reserved STmin for 127 ms", () => {
    const session = afterFirstFrame(6 + 3 * 7);
    session.receive(bytes("30 00 80"), 2);
    expect(lines(session.departed("data", 1, 3))).toEqual(["cancel N_As", "arm STmin 130"]);
  });
});

describe("FC.WAIT", () => {
  test("V2 starts N_Bs anew", () => {
    expect(lines(afterFirstFrame(20).receive(WAIT, 500))).toEqual(["arm N_Bs 1500"]);
  });

  test("V2 more than N_WFTmax in a row ends the transmission with N_WFT_OVRN", () => {
    const session = afterFirstFrame(20, { wftMax: 2 });
    session.receive(WAIT, 500);
    session.receive(WAIT, 1000);
    expect(only(session.receive(WAIT, 1500), "send-failed")).toEqual(["send-failed N_WFT_OVRN"]);
  });

  test("V2 is counted anew after a CTS", () => {
    const session = afterFirstFrame(6 + 3 * 7, { wftMax: 1 });
    session.receive(WAIT, 500);
    session.receive(bytes("30 01 00"), 1000);
    session.departed("data", 1, 1001);
    expect(lines(session.receive(WAIT, 1500))).toEqual(["arm N_Bs 2500"]);
  });
});

describe("a transmission ends with", () => {
  test("V2 N_TIMEOUT_Bs when no flow control comes", () => {
    const effects = afterFirstFrame(20).timeout("N_Bs", 1001);
    expect(lines(effects)).toEqual([
      "cancel N_As",
      "cancel N_Bs",
      "cancel STmin",
      "send-failed N_TIMEOUT_Bs",
    ]);
    const failure = effects.at(-1);
    expect(failure?.do === "send-failed" && failure.error.message).toBe(
      "Sending 20 bytes (0x7E0 → 0x7E8) failed: no flow control came within 1000 ms, with 6 bytes handed over (N_TIMEOUT_Bs).",
    );
  });

  test("V2 N_TIMEOUT_A when a frame does not leave", () => {
    const session = testSession();
    session.send(counting(20), 0);
    expect(only(session.timeout("N_As", 1000), "send-failed")).toEqual(["send-failed N_TIMEOUT_A"]);
  });

  test("V2 N_BUFFER_OVFLW when the receiver answers the first frame with OVFLW", () => {
    expect(only(afterFirstFrame(20).receive(OVFLW, 2), "send-failed")).toEqual([
      "send-failed N_BUFFER_OVFLW",
    ]);
  });

  test("V2 N_INVALID_FS when OVFLW comes after a CTS", () => {
    const session = afterFirstFrame(20);
    session.receive(bytes("30 01 00"), 2);
    session.departed("data", 1, 3);
    expect(only(session.receive(OVFLW, 4), "send-failed")).toEqual(["send-failed N_INVALID_FS"]);
  });

  test.each(["33 00 00", "3F 00 00"])("V2 N_INVALID_FS on the reserved flow status of %s", (frame) => {
    expect(only(afterFirstFrame(20).receive(bytes(frame), 2), "send-failed")).toEqual([
      "send-failed N_INVALID_FS",
    ]);
  });

  test("V2 N_ERROR and the driver's error as its cause when the driver refuses a frame", () => {
    const session = testSession();
    const cause = new IsoTpError("N_ERROR", "bus-off");
    session.send(bytes("3E 00"), 0);
    const failure = session.undeliverable("data", 1, cause, 1).at(-1);
    expect(failure?.do === "send-failed" && failure.error).toMatchObject({ fault: "N_ERROR", cause });
  });

  test("V2 CLOSED for every message that was not sent", () => {
    const session = afterFirstFrame(20);
    session.send(bytes("3E 00"), 2);
    expect(only(session.close(), "send-failed")).toEqual(["send-failed CLOSED", "send-failed CLOSED"]);
  });
});

test("V2 after a failure the next message goes out", () => {
  const session = afterFirstFrame(20);
  session.send(bytes("3E 00"), 2);
  expect(only(session.timeout("N_Bs", 1001), "send-failed", "transmit")).toEqual([
    "send-failed N_TIMEOUT_Bs",
    "transmit data#2: 02 3E 00 CC CC CC CC CC",
  ]);
});

test("V2 a departure of an abandoned message does not count for the next", () => {
  const session = testSession();
  session.send(counting(20), 0);
  session.timeout("N_As", 1000);
  session.send(bytes("3E 00"), 1001);
  expect(session.departed("data", 1, 1002)).toEqual([]);
  expect(only(session.departed("data", 2, 1003), "sent")).toEqual(["sent 1003"]);
});

describe("flow control is ignored", () => {
  test("V2 while idle", () => {
    expect(testSession().receive(CTS, 0)).toEqual([]);
  });

  test("V2 during a single frame", () => {
    const session = testSession();
    session.send(bytes("3E 00"), 0);
    expect(session.receive(OVFLW, 0.1)).toEqual([]);
  });

  test("V2 in the middle of a block", () => {
    const session = afterFirstFrame(6 + 5 * 7, { framesAhead: 1 });
    session.receive(bytes("30 04 00"), 2);
    expect(session.receive(bytes("30 01 7F"), 2.1)).toEqual([]);
    expect(only(session.departed("data", 1, 2.25), "transmit")).toHaveLength(1);
  });

  test("V2 while STmin runs in the middle of a block", () => {
    const session = afterFirstFrame(6 + 5 * 7);
    session.receive(bytes("30 04 0A"), 2);
    session.departed("data", 1, 3);
    expect(session.receive(CTS, 4)).toEqual([]);
  });

  test("V2 once the last frame is with the driver", () => {
    const session = afterFirstFrame(20);
    session.receive(CTS, 2);
    expect(session.receive(OVFLW, 2.1)).toEqual([]);
    session.departed("data", 1, 2.25);
    expect(only(session.departed("data", 1, 2.5), "sent")).toEqual(["sent 2.5"]);
  });
});

describe("a flow control that overtakes the report of the departure", () => {
  test("V2 is honoured once the departure is known", () => {
    const session = testSession();
    session.send(counting(20), 0);
    expect(session.receive(CTS, 0.5)).toEqual([]);
    expect(only(session.departed("data", 1, 0.25), "transmit", "arm N_Bs")).toHaveLength(2);
  });

  test("V2 is ignored where it ended before the frame had left", () => {
    const session = afterFirstFrame(6 + 5 * 7);
    session.receive(bytes("30 01 00"), 2);
    session.receive(bytes("30 01 00"), 2.1); // The same once more, repeated on the bus.
    expect(lines(session.departed("data", 1, 2.25))).toEqual(["cancel N_As", "arm N_Bs 1002.25"]);
  });
});
