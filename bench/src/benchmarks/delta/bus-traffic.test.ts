import { expect, test } from "vitest";
import { BusTraffic } from "./bus-traffic.ts";

const ADDRESSING = { requestId: 0x709, responseId: 0x701 };

/** Frames as `id#data`, in hex. */
function trafficOf(...frames: readonly string[]): BusTraffic {
  const traffic = new BusTraffic(ADDRESSING);
  for (const frame of frames) {
    const [id, data] = frame.split("#") as [string, string];
    traffic.show({ id: Number.parseInt(id, 16), data: new Uint8Array(Buffer.from(data, "hex")) });
  }
  return traffic;
}

test("B5 a single frame counts its message and, with padding, its data bytes", () => {
  const traffic = trafficOf("709#0322F18CCCCCCCCC", "701#037F2231CCCCCCCC");
  expect([traffic.frameBytes, traffic.udsBytes, traffic.transferBytes]).toEqual([16, 6, 0]);
});

test("B5 of a TransferData the data count as they leave, without header and padding", () => {
  const first = "709#100C360101020304"; // 12 bytes of message, 10 of them data
  expect(trafficOf(first).transferBytes).toBe(4);
  const whole = trafficOf(first, "701#300000CCCCCCCCCC", "709#21050607080910CC", "701#027601CCCCCCCCCC");
  expect([whole.frameBytes, whole.udsBytes, whole.transferBytes]).toEqual([32, 14, 10]);
});

test("B5 a TransferData that fits one frame counts too", () => {
  expect(trafficOf("709#0436010102CCCCCC").transferBytes).toBe(2);
});

test("B5 frames of other ECUs and data of other services do not count as transfer", () => {
  const traffic = trafficOf("70A#0436010102CCCCCC", "709#100A340044112233", "709#21445566CCCCCCCC");
  expect([traffic.frameBytes, traffic.transferBytes]).toEqual([16, 0]);
});
