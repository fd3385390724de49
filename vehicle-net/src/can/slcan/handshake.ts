import type { Clock } from "../../clock/clock.ts";
import { CanError } from "../bus.ts";
import { dialectOf, SILENT_CANABLE_25, type SlcanDialect } from "./dialect.ts";
import type { SlcanLine, SlcanLink } from "./slcan-link.ts";
import type { SlcanUrl } from "./slcan-url.ts";

/** Answered by all of them with a line that is no frame. */
export const ASK_VERSION = "V";
/** After `C`: what was on its way is heard by then, and dropped. */
const SETTLE_MS = 50;
const ANSWER_TIMEOUT_MS = 300;
/** The first question may be lost in an adapter that has just been plugged in. */
const ASK_TIMES = 3;
/** Between commands that are not answered. */
const SILENT_GAP_MS = 5;

export interface Entered {
  /** As far as this very adapter keeps it. */
  readonly dialect: SlcanDialect;
  /** Line that answers `V`; `undefined` where nothing does. */
  readonly version?: string;
}

/**
 * Finds out what an adapter is, sets it up and opens the bus.
 * @throws {CanError} `cannot-open` where nobody answers, or refuses; `frame-not-supported` where it has no CAN FD.
 */
export async function enterBus(link: SlcanLink, url: SlcanUrl, clock: Clock): Promise<Entered> {
  // Also ends a command that an earlier program has left unfinished.
  link.say("C");
  await clock.sleep(SETTLE_MS);
  const version = await askVersion(link);
  const asked = url.dialect ?? (await askDialect(link, version, url.path));
  const { commands, data } = settings(asked, url);
  const dialect = await prepare(link, asked);
  const configure = async (command: string, refusal: CanError): Promise<void> => {
    if (!dialect.answers) {
      link.say(command);
      await clock.sleep(SILENT_GAP_MS);
    } else if (!isAccepted(await link.ask(command, ANSWER_TIMEOUT_MS, isVerdict))) throw refusal;
  };
  for (const command of commands) await configure(command, refused(command, dialect, url));
  if (data !== undefined) await configure(data, withoutFd(dialect, url));
  for (const command of url.listenOnly ? dialect.listen : dialect.open) {
    await configure(command, refused(command, dialect, url));
  }
  return { dialect, version };
}

/** Leaves the bus. */
export function leaveBus(link: SlcanLink): void {
  link.say("C");
}

/** A frame that was still on its way; the build of a CANable may begin with the same letter: `b158aa7 github.com/…`. */
const FRAME_LINE = /^[tTrRdDbB][0-9A-F]+$/iu;

async function askVersion(link: SlcanLink): Promise<string | undefined> {
  const isVersion = ({ text, isRefused }: SlcanLine): boolean =>
    !isRefused && text.length >= 4 && !FRAME_LINE.test(text);
  for (let times = 0; times < ASK_TIMES; times += 1) {
    const answer = await link.ask(ASK_VERSION, ANSWER_TIMEOUT_MS, isVersion);
    if (answer !== undefined) return answer.text;
  }
  return undefined;
}

async function askDialect(link: SlcanLink, version: string | undefined, path: string): Promise<SlcanDialect> {
  if (version !== undefined) {
    if (!version.startsWith("V")) return dialectOf(version, undefined);
    const isDetails = ({ text, isRefused }: SlcanLine): boolean => isRefused || text.startsWith("v");
    return dialectOf(version, (await link.ask("v", ANSWER_TIMEOUT_MS, isDetails))?.text);
  }
  throw new CanError("cannot-open", `Nothing at ${path} answers like an SLCAN adapter.`, {
    help: "Unplug it and plug it in again; see that it is no other device and runs SLCAN firmware (not candlelight: that is socketcan:). One that never tells its version opens with &dialect=lawicel.",
  });
}

async function prepare(link: SlcanLink, dialect: SlcanDialect): Promise<SlcanDialect> {
  for (const command of dialect.prepare) {
    const answer = await link.ask(command, ANSWER_TIMEOUT_MS, isVerdict);
    if (dialect.departure === "echoed" && !isAccepted(answer)) return SILENT_CANABLE_25;
  }
  return dialect;
}

/** CR or BEL; `#` and `#` with a digit from the CANable 2.5. */
const isVerdict = ({ text, isRefused }: SlcanLine): boolean =>
  isRefused || text === "" || text.startsWith("#");
const isAccepted = (answer: SlcanLine | undefined): boolean =>
  answer !== undefined && !answer.isRefused && (answer.text === "" || answer.text === "#");

/** The commands that set the bit rates, checked before any is sent. */
function settings(dialect: SlcanDialect, url: SlcanUrl): { commands: string[]; data?: string } {
  const data = url.dataBitrate === undefined ? undefined : dialect.dataBitrates.get(url.dataBitrate);
  if (url.dataBitrate !== undefined && data === undefined) {
    if (dialect.dataBitrates.size === 0) throw withoutFd(dialect, url);
    throw notOffered("data bit rate", url.dataBitrate, dialect, [...dialect.dataBitrates.keys()]);
  }
  const commands = [
    url.timing === undefined ? `S${nominalDigit(dialect, url)}` : timing(dialect, url.timing),
  ];
  return { commands, data: data === undefined ? undefined : `Y${data}` };
}

function nominalDigit(dialect: SlcanDialect, { bitrate }: SlcanUrl): string {
  const digit = dialect.bitrates.get(bitrate);
  if (digit !== undefined) return digit;
  throw notOffered("bit rate", bitrate, dialect, [...dialect.bitrates.keys()]);
}

function timing(dialect: SlcanDialect, registers: string): string {
  if (dialect.timing?.form.test(registers) === true) return `s${registers}`;
  throw new CanError("cannot-open", `"${registers}" are no bit timing registers of a ${dialect.title}.`, {
    help:
      dialect.timing === undefined
        ? "This adapter has no bit timing registers: give one of its bit rates, without timing=."
        : `They look like ${dialect.timing.example}.`,
  });
}

function notOffered(what: string, rate: number, dialect: SlcanDialect, offered: number[]): CanError {
  const rates = offered.toSorted((a, b) => a - b).map((each) => `${each / 1000}k`);
  const other =
    dialect.timing === undefined ? "" : ` Any other: &timing=, such as ${dialect.timing.example}.`;
  return new CanError("cannot-open", `A ${dialect.title} has no ${what} of ${rate} bit/s.`, {
    help: `It has ${rates.join(", ")}.${what === "bit rate" ? other : ""}`,
  });
}

const withoutFd = ({ title }: SlcanDialect, { path }: SlcanUrl): CanError =>
  new CanError("frame-not-supported", `The adapter at ${path} (${title}) has no CAN FD.`, {
    help: "Leave out data=, or use an adapter with CAN FD. A CANable 2 that does not say so: &dialect=canable2.",
  });

const refused = (command: string, { title }: SlcanDialect, { path }: SlcanUrl): CanError =>
  new CanError("cannot-open", `The adapter at ${path} (${title}) refuses the command ${command}.`, {
    help: "Unplug it and plug it in again. If that does not help, its firmware is of another kind: give &dialect=.",
  });
