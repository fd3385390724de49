import { startHub } from "@halfshaft/vehicle-net/can";
import { captureTo } from "../capture.ts";
import { readOptions, required, type Verb, wholeNumber } from "./options.ts";
import { terminated } from "./terminated.ts";

const HELP = `usage: agent hub --port N [options]

A CAN bus for machines without CAN: SLCAN over TCP, paced by exact bit timing. Agent, simulated control units and
python-can (slcan, socket://host:port) attach to it. Prints one line of JSON when it is ready. Whoever reaches the
port is on the bus. Ends with SIGTERM or Ctrl-C.

  --port N            TCP port; 0 takes a free one
  --host ADDRESS      default 127.0.0.1
  --bitrate N         nominal bit rate, default 500000
  --data-bitrate N    data bit rate; where given, the bus carries CAN FD
  --capture FILE      record every frame, as candump does`;

export const hub: Verb = async (args) => {
  const options = readOptions("hub", args, {
    port: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    bitrate: { type: "string", default: "500000" },
    "data-bitrate": { type: "string" },
    capture: { type: "string" },
    help: { type: "boolean" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const dataBitrate = options["data-bitrate"];
  const running = await startHub({
    host: options.host,
    port: wholeNumber("hub", "port", required("hub", "port", options.port), 65_535),
    bitrate: wholeNumber("hub", "bitrate", options.bitrate, 1_000_000),
    ...(dataBitrate === undefined
      ? {}
      : { dataBitrate: wholeNumber("hub", "data-bitrate", dataBitrate, 8_000_000) }),
    onNotice: (sentence) => console.error(sentence),
  });
  const capture = options.capture === undefined ? undefined : captureTo(options.capture);
  running.bus.onFrame((frame, atMs) => capture?.record(frame, atMs));
  console.log(JSON.stringify({ ready: true, url: running.url, port: running.port }));
  await terminated();
  await running.close();
  await capture?.close();
  return 0;
};
