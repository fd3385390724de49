import { connect, type Socket } from "node:net";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { BenchError } from "../../bench-error.ts";
import { createAnswerReader, type Answer } from "./answer-reader.ts";

export interface LoadOptions {
  /** Where the server listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly connections: number;
  /** Requests on their way at once on each connection; 1 is no pipelining. */
  readonly pipelining: number;
  /** When it ends; without it, after `requests`. */
  readonly seconds?: number;
  /** How many there are in all; without it, as many as go. */
  readonly requests?: number;
  /** The next request, whole, as bytes. */
  readonly next: () => Buffer;
  /** Told of every answer; without it, an answer other than 200 ends the load. */
  readonly onAnswer?: (answer: Answer, request: Buffer) => void;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answers: number;
}

const NS_PER_MS = 1e6;

/**
 * Loads a server over plain sockets with requests made beforehand: this costs the least, so that the server and not
 * the load is measured. Each connection sends its next request when an answer has come.
 * @throws {BenchError} `CLOUD_REFUSED` at an answer other than 200, `PROGRAM_ENDED` where a connection breaks
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const latency = createHistogram();
  const begin = performance.now();
  const end = begin + (options.seconds ?? Infinity) * 1000;
  let left = options.requests ?? Infinity;
  const goesOn = (now: number): boolean => now < end && left-- > 0;
  const counts = await Promise.all(
    Array.from({ length: options.connections }, () => runConnection(options, latency, goesOn)),
  );
  const seconds = (performance.now() - begin) / 1000;
  const answers = counts.reduce((sum, count) => sum + count, 0);
  return {
    perSecond: answers / seconds,
    p50Ms: latency.percentile(50) / NS_PER_MS,
    p99Ms: latency.percentile(99) / NS_PER_MS,
    answers,
  };
}

async function runConnection(
  { url, pipelining, next, onAnswer = refuse }: LoadOptions,
  latency: RecordableHistogram,
  goesOn: (now: number) => boolean,
): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const sent: { request: Buffer; at: number }[] = [];
  const done = Promise.withResolvers<number>();
  let answers = 0;
  const send = (at: number): void => {
    if (!goesOn(at)) return;
    const request = next();
    sent.push({ request, at });
    socket.write(request);
  };
  const read = createAnswerReader((answer) => {
    const { request, at } = sent.shift()!;
    const now = performance.now();
    latency.record(Math.max(1, Math.round((now - at) * NS_PER_MS)));
    answers += 1;
    onAnswer(answer, request);
    send(now);
    if (sent.length === 0) done.resolve(answers);
  });
  socket.on("data", (chunk) => {
    try {
      read(chunk);
    } catch (error) {
      done.reject(error);
    }
  });
  socket.once("error", (cause) => done.reject(broken(url, cause)));
  socket.once("close", () => done.reject(broken(url)));
  socket.once("connect", () => {
    for (let i = 0; i < pipelining; i++) send(performance.now());
    if (sent.length === 0) done.resolve(0);
  });
  try {
    return await done.promise;
  } finally {
    closeQuietly(socket);
  }
}

function closeQuietly(socket: Socket): void {
  socket.removeAllListeners("error").on("error", () => undefined);
  socket.destroy();
}

const refuse = ({ status, body }: Answer): void => {
  if (status !== 200) throw new BenchError("CLOUD_REFUSED", `the server answered ${status}: ${body()}`);
};

const broken = (url: string, cause?: unknown): BenchError =>
  new BenchError("PROGRAM_ENDED", `${url} broke a connection off under load`, { cause });
