/** The longest line: an extended FD frame with 64 bytes and a time stamp. */
const LONGEST_LINE = "B".length + 8 + 1 + 2 * 64 + 4;

const CARRIAGE_RETURN = "\r";
const BELL = "\u0007";

/** A line without its end; `isRefused` where BEL took the place of CR. */
export type OnSlcanLine = (line: string, isRefused: boolean) => void;

/**
 * Cuts a byte stream into SLCAN lines, whatever the pieces in which it comes. Keeps no more than one line: of a longer
 * one it drops the rest, so that decoding it fails by its length.
 */
export class SlcanLines {
  #rest = "";

  push(chunk: Uint8Array, onLine: OnSlcanLine): void {
    const text =
      this.#rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    let start = 0;
    for (let at = this.#rest.length; at < text.length; at += 1) {
      const end = text[at];
      if (end !== CARRIAGE_RETURN && end !== BELL) continue;
      // Some hosts end a line with CR LF.
      if (text[start] === "\n") start += 1;
      onLine(text.slice(start, Math.min(at, start + LONGEST_LINE + 1)), end === BELL);
      start = at + 1;
    }
    this.#rest = text.slice(start, start + LONGEST_LINE + 2);
  }
}
