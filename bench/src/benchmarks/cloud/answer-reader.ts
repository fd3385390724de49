/** An answer of HTTP/1.1. */
export interface Answer {
  readonly status: number;
  /** The body as text; only within the call that it is handed to. */
  readonly body: () => string;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = "\r\ncontent-length: ";
/** `HTTP/1.1 200`: where the status stands. */
const STATUS_AT = 9;

/**
 * Reads answers with a Content-Length from a connection, as far as a load needs them.
 * @returns takes the bytes as they come; `onAnswer` is called for each whole answer, in order.
 */
export function createAnswerReader(onAnswer: (answer: Answer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const headEnd = bytes.indexOf(HEAD_END);
      if (headEnd < 0) break;
      const head = bytes.toString("latin1", 0, headEnd).toLowerCase();
      const bodyAt = headEnd + HEAD_END.length;
      const end = bodyAt + contentLength(head);
      if (end > bytes.length) break;
      const whole = bytes;
      onAnswer({
        status: Number(head.slice(STATUS_AT, STATUS_AT + 3)),
        body: () => whole.toString("utf8", bodyAt, end),
      });
      bytes = bytes.subarray(end);
    }
    rest = bytes;
  };
}

function contentLength(head: string): number {
  const at = head.indexOf(LENGTH);
  return at < 0 ? 0 : Number.parseInt(head.slice(at + LENGTH.length), 10);
}
