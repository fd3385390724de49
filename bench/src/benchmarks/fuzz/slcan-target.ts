import {
  decodeAnswer,
  decodeCommand,
  SlcanError,
  type SlcanErrorCode,
  SlcanLines,
} from "@halfshaft/vehicle-net/can";
import type { FuzzRun, FuzzTarget } from "./fuzz-run.ts";
import { mutate } from "./mutate.ts";

const COMMANDS = [
  "transmit",
  "bitrate",
  "bit-timing",
  "data-bitrate",
  "timestamps",
  "open",
  "listen",
  "close",
  "version",
  "details",
  "serial",
  "flags",
];
const ANSWERS = [
  "received",
  "transmitted",
  "ok",
  "refused",
  "version",
  "details",
  "serial",
  "flags",
  "state",
  "errors",
  "other",
];
const ERRORS: readonly SlcanErrorCode[] = [
  "unknown-command",
  "bad-length",
  "bad-digit",
  "bad-identifier",
  "bad-dlc",
  "remote-frame",
];

/** What a host and an adapter say to each other, line by line. */
const HOST = [
  "C",
  "V",
  "v",
  "N",
  "F",
  "Z0",
  "Z1",
  "S6",
  "S8",
  "Y2",
  "Y5",
  "s014D",
  "L",
  "O",
  "t7083021122",
  "t70880123456789ABCDEF",
  "T18DA10F123E00",
  "t7DF0",
  "r7080",
  "R18DA10F10",

  "d7009112233445566778899AABBCC",
  "B18DAF1108FFEEDDCCBBAA9988",
  "b700800112233445566FF",
  "t80081",
  "t7009",
  "T18DA10F1F",
];
const ADAPTER = [
  "",
  "z",
  "Z",
  "V1013",
  "vCANable",
  "NHUB1",
  "F00",
  "F80",
  "sb000256",
  "sa000000",
  "sp128096",
  "e1a",
  "e2bs",

  "t70080123456789ABCDEF",
  "t7003021122EA5F",
  "T18DAF110802112233445566771F2E",
  "t7009",
  "t80080102030405060708",

  "D18DAF1109000102030405060708090A0B",
  "b70080123456789ABCDEF",
  "tG0080",
  "hello",
  "r7000",
  "t700C00",
  "T18DAF110A",
];
const LINE_ENDS = ["\r", "\r", "\r", "\u0007", "\r\n"];
/** An extended FD frame with a time stamp; of what is longer, one character more is kept. */
const LONGEST_LINE = 142;

/** The parser of SLCAN: bytes in any pieces become lines, and lines become commands or answers. */
export const slcanTarget: FuzzTarget = {
  name: "SLCAN parser",
  states: [
    ...COMMANDS.map((kind) => `command ${kind}`),
    ...ANSWERS.map((kind) => `answer ${kind}`),
    ...ERRORS.map((code) => `error ${code}`),
    "line in pieces",
    "line too long",
  ],
  async play(run) {
    const { random } = run;
    const isHost = random.chance(0.5);
    const lines = new SlcanLines();
    for (let left = random.between(20, 200); left > 0 && !run.isDone; left -= 1) {
      const bytes = run.mutated ? said(run, isHost) : random.bytes(random.between(1, 40));
      feed(run, lines, bytes, isHost);
    }
  },
};

/** A line as it should be, or with faults; sometimes one without an end. */
function said({ random }: FuzzRun, isHost: boolean): Uint8Array {
  const text = random.pick(isHost ? HOST : ADAPTER);
  const end = random.chance(0.03) ? "0".repeat(2 * LONGEST_LINE) : "";
  const bytes = Uint8Array.from(Buffer.from(text + end + random.pick(LINE_ENDS), "latin1"));
  return random.chance(0.25) ? mutate(bytes, random) : bytes;
}

function feed(run: FuzzRun, lines: SlcanLines, bytes: Uint8Array, isHost: boolean): void {
  const cut = run.random.chance(0.1) ? run.random.below(bytes.length + 1) : bytes.length;
  const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((piece) => piece.length > 0);
  if (pieces.length > 1) run.enter("line in pieces");
  for (const piece of pieces) {
    run.input();
    try {
      lines.push(piece, (line, isRefused) => take(run, line, isRefused, isHost));
    } catch (error) {
      run.fail(`cutting ${JSON.stringify(Buffer.from(piece).toString("latin1"))} threw`, error);
    }
  }
}

function take(run: FuzzRun, line: string, isRefused: boolean, isHost: boolean): void {
  if (line.length > LONGEST_LINE) run.enter("line too long");
  if (line.length > LONGEST_LINE + 1) run.fail(`a line of ${line.length} characters was kept`);
  try {
    if (isHost) run.enter(`command ${decodeCommand(line).command}`);
    else run.enter(`answer ${decodeAnswer(line, isRefused).answer}`);
  } catch (error) {
    if (error instanceof SlcanError) run.enter(`error ${error.code}`);
    else run.fail(`${JSON.stringify(line)} threw`, error);
  }
}
