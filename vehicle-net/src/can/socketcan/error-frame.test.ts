import { expect, test } from "vitest";
import { describeErrorFrame } from "./error-frame.ts";

const none = [0, 0, 0, 0, 0, 0, 0, 0];

// Classes and data: linux/can/error.h; the examples follow what sja1000 and mcp251xfd report.
test.each([
  [0x040, none, "bus-off", "bus-off"],
  [0x100, none, "restarted", "the controller was restarted"],
  [0x020, none, "no-acknowledge", "nobody acknowledged"],
  [0x004, [0, 0x20, 0, 0, 0, 0, 0, 0], "controller", "error-passive by transmit errors"],
  [0x004, [0, 0x01, 0, 0, 0, 0, 0, 0], "controller", "receive buffer overflow in the controller"],
  [0x088, [0, 0, 0x04, 0x0a, 0, 0, 0, 0], "protocol", "bus error; stuff error; in the data section"],
  [
    0x088,
    [0, 0, 0x82, 0x18, 0, 0, 0, 0],
    "protocol",
    "bus error; form error; while transmitting; at the CRC delimiter",
  ],
  [0x000, none, "other", "unspecified error"],
])("B3 an error frame of class 0x%s is explained", (errorClass, data, kind, sentence) => {
  expect(describeErrorFrame(errorClass, Uint8Array.from(data))).toEqual({ kind, sentence });
});

test("B3 an error frame tells the error counters where the driver gives them", () => {
  expect(describeErrorFrame(0x204, Uint8Array.of(0, 0x20, 0, 0, 0, 0, 136, 7))).toMatchObject({
    transmitErrors: 136,
    receiveErrors: 7,
  });
});
