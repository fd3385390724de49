import { expect, test } from "vitest";
import { parseSlcanUrl } from "./slcan-url.ts";

test.each([
  ["slcan:/dev/ttyACM0?bitrate=500k", { path: "/dev/ttyACM0", bitrate: 500_000, listenOnly: false }],
  ["slcan:COM3?bitrate=1M&data=5M", { path: "COM3", bitrate: 1_000_000, dataBitrate: 5_000_000 }],
  ["slcan:/dev/ttyACM0?bitrate=83.3k", { bitrate: 83_300 }],
  ["slcan:/dev/ttyACM0?bitrate=500000&timing=031C", { bitrate: 500_000, timing: "031C" }],
  ["slcan:/dev/ttyACM0?bitrate=500k&listen", { listenOnly: true }],
  ["slcan:/dev/ttyACM0?bitrate=500k", { uartBaud: undefined }],
  ["slcan:/dev/ttyUSB0?bitrate=500k&uart=230400", { uartBaud: 230_400 }],
  ["slcan:/dev/ttyS1?bitrate=125k", { uartBaud: 115_200 }],
])("V1 %s is read", (url, expected) => {
  expect(parseSlcanUrl(url)).toMatchObject(expected);
});

test("V1 a dialect is given by its name", () => {
  expect(parseSlcanUrl("slcan:COM3?bitrate=500k&dialect=canable2").dialect?.title).toBe("CANable 2");
});

test.each([
  ["slcan:/dev/ttyACM0", "names no serial port and bit rate"],
  ["slcan:?bitrate=500k", "names no serial port and bit rate"],
  ["slcan:/dev/ttyACM0?data=2M", "leaves out the bit rate"],
  ["slcan:/dev/ttyACM0?bitrate=fast", '"bitrate=fast"'],
  ["slcan:/dev/ttyACM0?bitrate=0", '"bitrate=0"'],
  ["slcan:/dev/ttyACM0?bitrate=500k&speed=1", '"speed"'],
  ["slcan:/dev/ttyACM0?bitrate=500k&dialect=elm327", '"elm327"'],
])("V1 %s is refused and says why", (url, sentence) => {
  expect(() => parseSlcanUrl(url)).toThrow(
    expect.objectContaining({ code: "bad-url", help: expect.any(String) }),
  );
  expect(() => parseSlcanUrl(url)).toThrow(sentence);
});
