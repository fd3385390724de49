import { parseArgs } from "node:util";
import {
  measureCanUtils,
  measureFlash,
  measureFrames,
  measureIsoTp,
  measureKernelIsoTp,
  type SocketCanResult,
} from "../benchmarks/socketcan.ts";
import { findTool, runTool } from "../kernel-can/run-tool.ts";

const HELP = `usage: scripts/kernel-can.sh node hil/src/main.ts measure-socketcan [--json]

Sends 20,000 frames (after as many to warm up), then 1 MB in messages of 4095 bytes, over a virtual CAN interface: by the
driver and our ISO-TP, as a whole flash of 1 MB over UDS, by ISO-TP sockets of the kernel, and by isotpsend | isotprecv of can-utils, a process for each message.
CPU is that of the whole machine. --json prints a line per case.`;

const NAME = "hsmeasure";
const FRAMES = 20_000;
const MESSAGES = 256;
const FLASH_BYTES = 1024 * 1024;

export async function measureSocketCan(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  await runTool("ip", ["link", "add", "dev", NAME, "type", "vcan"]);
  try {
    await runTool("ip", ["link", "set", NAME, "up"]);
    const print = (result: SocketCanResult): SocketCanResult => {
      console.log(values.json === true ? JSON.stringify(result) : sentenceOf(result));
      return result;
    };
    await measureFrames(NAME, FRAMES);
    print(await measureFrames(NAME, FRAMES));
    const ours = print(await measureIsoTp(NAME, MESSAGES));
    const flash = print(await measureFlash(NAME, FLASH_BYTES));
    const kernel = await measureKernelIsoTp(NAME, MESSAGES);
    if (kernel !== undefined) print(kernel);
    if (findTool("isotpsend") === undefined) {
      console.error(
        "can-utils is not installed: nothing to compare with (Debian: apt-get install can-utils)",
      );
      return 0;
    }
    const theirs = print(await measureCanUtils(NAME, MESSAGES));
    for (const mine of [ours, flash]) {
      const ratios = {
        framesPerSecond: mine.framesPerSecond / theirs.framesPerSecond,
        cpuPerFrame: mine.cpuMicrosecondsPerFrame / theirs.cpuMicrosecondsPerFrame,
      };
      console.log(
        values.json === true
          ? JSON.stringify({ case: `ratio of ${mine.case}`, ...ratios })
          : `${mine.case} ÷ can-utils: ${ratios.framesPerSecond.toFixed(2)} in frames/s, ${ratios.cpuPerFrame.toFixed(2)} in CPU a frame`,
      );
    }
    return 0;
  } finally {
    await runTool("ip", ["link", "del", "dev", NAME]);
  }
}

const sentenceOf = (result: SocketCanResult): string =>
  `${result.case.padEnd(22)} ${result.framesPerSecond.toFixed(0).padStart(6)} frames/s  ` +
  `${result.cpuMicrosecondsPerFrame.toFixed(0).padStart(4)} µs CPU a frame  ${result.bytes} bytes in ${result.seconds.toFixed(1)} s`;
