import { type CanBus, formatCandumpLine, type ReceivedFrame } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { Explainer } from "@halfshaft/vehicle-net/explain";
import { BenchToolError } from "../bench-tools/bench-tool-error.ts";
import { BUS_HELP, BUS_OPTIONS, EXIT_HELP, profileOf, withBus } from "./bench-options.ts";
import { endWithReader } from "./closed-pipe.ts";
import { optionInvalid, readOptions, type Verb, wholeNumber } from "./options.ts";
import { Output } from "./output.ts";

const HELP = `usage: agent monitor --bus URL [options]

Shows what goes over a bus, and only listens: each frame as candump writes it, and below the last frame of a message
what that means. Ends with Ctrl-C.

${BUS_HELP}
  --ecu-profile NAME  an ECU on this bus: its identifiers and names; can be repeated
  --show WORD         all (default), frames: candump lines alone, or messages: their explanation alone
  --seconds N         end after so long

${EXIT_HELP}`;

const SHOWS = ["all", "frames", "messages"] as const;

export const monitor: Verb = async (args) => {
  const options = readOptions("monitor", args, {
    ...BUS_OPTIONS,
    "ecu-profile": { type: "string", multiple: true, default: [] },
    show: { type: "string", default: "all" },
    seconds: { type: "string" },
  });
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const show = SHOWS.find((word) => word === options.show);
  if (show === undefined) throw optionInvalid("monitor", `--show takes ${SHOWS.join(", ")}.`);
  const forMs =
    options.seconds === undefined
      ? undefined
      : wholeNumber("monitor", "seconds", options.seconds, 1_000_000) * 1000;
  const profiles = await Promise.all(options["ecu-profile"].map(profileOf));
  endWithReader(process.stdout);
  const output = new Output(process.stdout, options.json);
  await withBus("monitor", options.bus, async (bus, busUrl) => {
    const explainer = new Explainer({ profiles });
    const tell = (lines: readonly string[]): void => {
      if (show !== "frames") for (const line of lines) output.tell({ line }, line);
    };
    const unsubscribe = listen(bus, (candump, frame) => {
      if (show !== "messages") output.tell({ frame: candump }, candump);
      tell(explainer.frame(frame));
    });
    output.say(`Listening on ${busUrl}.`);
    await ended(busUrl, forMs);
    unsubscribe();
    tell(explainer.end());
  });
  return 0;
};

/** Frames with wall time, as candump stamps them. */
function listen(bus: CanBus, heard: (candump: string, frame: ReceivedFrame) => void): () => void {
  const toWallMs = Date.now() - realClock.now();
  return bus.subscribe((frame) => {
    const atMs = frame.atMs + toWallMs;
    heard(formatCandumpLine({ atMs, channel: "can0", frame }), { ...frame, atMs });
  });
}

/** By Ctrl-C, by the clock, or because the bus is gone: then nothing keeps the process any more. */
async function ended(busUrl: string, forMs: number | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lost = (): void =>
    reject(
      new BenchToolError(
        "BUS_LOST",
        `The bus ${busUrl} is gone.`,
        "See whether it still runs: `agent doctor`.",
      ),
    );
  const timer = forMs === undefined ? undefined : realClock.after(forMs, resolve);
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
  process.once("beforeExit", lost);
  try {
    await promise;
  } finally {
    timer?.cancel();
    process.removeListener("SIGINT", resolve);
    process.removeListener("SIGTERM", resolve);
    process.removeListener("beforeExit", lost);
  }
}
