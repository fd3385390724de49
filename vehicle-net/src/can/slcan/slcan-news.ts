import type { CanFrame } from "../frame.ts";
import { decodeAnswer, type SlcanAnswer } from "../slcan-codec.ts";
import { SlcanError } from "../slcan-error.ts";
import type { SlcanDialect } from "./dialect.ts";
import type { SlcanLine } from "./slcan-link.ts";

/** What an adapter's line means while the bus is open. */
export type SlcanNews =
  | { readonly news: "received"; readonly frame: CanFrame }
  | { readonly news: "answered"; readonly isRefused: boolean }
  | { readonly news: "echoed"; readonly marker: number }
  /** The version again, which was asked for behind some frames. */
  | { readonly news: "probed" }
  | { readonly news: "bus-off" | "not-acknowledged" };

/** `undefined` for what says nothing about our frames, and for lines damaged on their way: they are frames lost, no more. */
export function hearLine({ text, isRefused }: SlcanLine, dialect: SlcanDialect): SlcanNews | undefined {
  if (dialect.name === "canable2.5" && !isRefused) {
    const news = hearCanable25(text);
    if (news !== undefined) return news;
  }
  let answer: SlcanAnswer;
  try {
    answer = decodeAnswer(text, isRefused);
  } catch (error) {
    if (error instanceof SlcanError) return undefined;
    throw error;
  }
  switch (answer.answer) {
    case "received":
      return { news: "received", frame: answer.frame };
    case "ok":
    case "transmitted":
      return { news: "answered", isRefused: false };
    case "refused":
      return { news: "answered", isRefused: true };
    case "state":
      return answer.state === "bus-off" ? { news: "bus-off" } : undefined;
    case "errors":
      return answer.kinds.includes("a") ? { news: "not-acknowledged" } : undefined;
    default:
      return undefined;
  }
}

/**
 * `#` accepted, `#8` bus-off, `#7` and others refused; `M3F` the frame with marker 3F has left; `E…` an error report whose
 * first digit is the state of the controller (3: bus-off), the second the last error (3: not acknowledged).
 */
function hearCanable25(text: string): SlcanNews | undefined {
  if (text.startsWith("#")) return { news: "answered", isRefused: text.length > 1 };
  const marker = /^M([0-9A-F]{2})$/u.exec(text)?.[1];
  if (marker !== undefined) return { news: "echoed", marker: Number.parseInt(marker, 16) };
  const report = /^E(\d)(\d)[0-9A-F]{6}$/u.exec(text);
  if (report === null) return undefined;
  if (report[1] === "3") return { news: "bus-off" };
  return report[2] === "3" ? { news: "not-acknowledged" } : undefined;
}
