import { expect, test } from "vitest";
import { createAnswerReader } from "./answer-reader.ts";

const BYTES = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}HTTP/1.1 429 Too Many Requests\r\ncontent-length: 3\r\n\r\nabc" +
    "HTTP/1.1 304 Not Modified\r\n\r\n",
);

test.each([1, 2, 7, 50, 1000])(
  "B5 a load reads pipelined answers that come in pieces of %i bytes",
  (size) => {
    const seen: string[] = [];
    const read = createAnswerReader(({ status, body }) => void seen.push(`${status} ${body()}`));
    for (let at = 0; at < BYTES.length; at += size) read(BYTES.subarray(at, at + size));
    expect(seen).toEqual(["200 {}", "429 abc", "304 "]);
  },
);
