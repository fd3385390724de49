import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";
import { realClock } from "../clock/real-clock.ts";
import { CanError, type BusCapabilities, type CanBus } from "./bus.ts";
import { checkFrame } from "./frame-length.ts";
import type { CanFrame, ReceivedFrame } from "./frame.ts";
import { SendWindow } from "./send-window.ts";
import { decodeAnswer, type SlcanAnswer } from "./slcan-codec.ts";
import { encodeFrame } from "./slcan-frame.ts";
import { SlcanLines } from "./slcan-line.ts";
import { SocketWriter } from "./socket-writer.ts";

/** For the connection and the hub's first answers together, and for the end of the connection, ms. */
const ANSWER_TIMEOUT_MS = 5000;
/** Frames handed over ahead of their departure: they keep the bus gapless while the hub's news of them travels. */
const WINDOW = 64;

/**
 * Opens a bus hub (`startHub`) by its URL, `hub://host:port`. Returns when the hub has put this client on the bus.
 * @param clock in which the times of frames are given; the time is that of the hub's news of them, up to 2 ms late.
 * @throws {CanError} `bad-url`; `cannot-open` where nobody answers there, or nobody who is a hub.
 */
export async function openHub(url: string, clock: Clock): Promise<CanBus> {
  const { host, port } = parseHubUrl(url);
  const socket = connect({ host, port, noDelay: true });
  const late = realClock.after(ANSWER_TIMEOUT_MS, () => {
    socket.destroy(new CanError("cannot-open", `no answer in ${ANSWER_TIMEOUT_MS} ms`));
  });
  try {
    await once(socket, "connect");
    const bus = new HubBus(socket, url, clock);
    await bus.entered;
    return bus;
  } catch (cause) {
    socket.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CanError("cannot-open", `The bus hub ${url} cannot be opened: ${reason}.`, {
      help: "Start the hub first; if it runs, compare host and port with what it printed.",
      cause,
    });
  } finally {
    late.cancel();
  }
}

function parseHubUrl(url: string): { host: string; port: number } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "hub:" || parsed.hostname === "" || parsed.port === "") {
    throw new CanError("bad-url", `"${url}" names no bus hub.`, { help: "Write hub://host:port." });
  }
  return { host: parsed.hostname.replace(/^\[|\]$/gu, ""), port: Number(parsed.port) };
}

/** A hub names its bit rates in its details; any other adapter has no such line. */
function parseDetails(text: string): BusCapabilities | undefined {
  const match = /^halfshaft-hub bitrate=(\d+)(?: dataBitrate=(\d+))?$/u.exec(text);
  if (match === null) return undefined;
  const dataBitrate = match[2] === undefined ? undefined : Number(match[2]);
  return { bitrate: Number(match[1]), dataBitrate, fd: dataBitrate !== undefined };
}

class HubBus implements CanBus {
  /** Settles when the hub has answered `O`: nothing is sent before. */
  readonly entered: Promise<void>;
  readonly #socket: Socket;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #writer: SocketWriter;
  readonly #window: SendWindow;
  readonly #listeners = new Set<{ readonly receive: (frame: ReceivedFrame) => void }>();
  readonly #entering = Promise.withResolvers<void>();
  #capabilities: BusCapabilities = { fd: false };
  #isEntered = false;
  #ended: CanError | undefined;
  /** Why the hub refuses: it says so in the line before. */
  #status: CanError | undefined;

  constructor(socket: Socket, url: string, clock: Clock) {
    this.entered = this.#entering.promise;
    this.#socket = socket;
    this.#url = url;
    this.#clock = clock;
    this.#writer = new SocketWriter(socket);
    this.#window = new SendWindow(WINDOW, (line) => this.#writer.write(line));
    const lines = new SlcanLines();
    socket.on("data", (chunk) => lines.push(chunk, (line, isRefused) => this.#heard(line, isRefused)));
    socket.on("error", (cause) => this.#end(this.#lost(cause.message, cause)));
    socket.on("close", () => this.#end(this.#lost("the hub closed it")));
    this.#writer.write("v\r");
  }

  get capabilities(): BusCapabilities {
    return this.#capabilities;
  }

  async send(frame: CanFrame): Promise<number> {
    if (this.#ended !== undefined) throw this.#ended;
    checkFrame(frame);
    if (frame.fd === true && !this.#capabilities.fd) {
      throw new CanError("frame-not-supported", `The bus of ${this.#url} is classic CAN: no FD frames.`, {
        help: "Start the hub with a data bit rate, or send classic frames.",
      });
    }
    return this.#window.push(`${encodeFrame(frame)}\r`);
  }

  subscribe(listener: (frame: ReceivedFrame) => void): () => void {
    const subscription = { receive: listener };
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#end(new CanError("closed", `The connection to ${this.#url} has been closed.`));
    if (this.#socket.closed) return;
    const closed = once(this.#socket, "close");
    const late = realClock.after(ANSWER_TIMEOUT_MS, () => this.#socket.destroy());
    this.#writer.write("C\r");
    this.#writer.flush();
    this.#socket.end();
    await closed;
    late.cancel();
  }

  #heard(line: string, isRefused: boolean): void {
    let answer: SlcanAnswer;
    try {
      answer = decodeAnswer(line, isRefused);
    } catch (cause) {
      this.#end(this.#lost("the hub sent what no hub sends", cause));
      this.#socket.destroy();
      return;
    }
    if (this.#isEntered) this.#act(answer);
    else this.#enter(answer);
  }

  #enter(answer: SlcanAnswer): void {
    const details = answer.answer === "details" ? parseDetails(answer.text) : undefined;
    if (details !== undefined) {
      this.#capabilities = details;
      this.#writer.write("O\r");
    } else if (answer.answer === "ok" && this.#capabilities.bitrate !== undefined) {
      this.#isEntered = true;
      this.#entering.resolve();
    } else {
      this.#end(new CanError("cannot-open", "what answers there is no hub"));
    }
  }

  #act(answer: SlcanAnswer): void {
    switch (answer.answer) {
      case "received": {
        const frame: ReceivedFrame = { ...answer.frame, atMs: this.#clock.now() };
        for (const { receive } of this.#listeners) receive(frame);
        break;
      }
      case "transmitted":
        this.#window.departed(this.#clock.now());
        break;
      case "errors":
        this.#status = new CanError("no-acknowledge", `Nobody on ${this.#url} acknowledged the frame.`, {
          help: "Check that another node is on the bus.",
        });
        break;
      case "state":
        this.#status = new CanError("bus-off", `This node of ${this.#url} is bus-off.`, {
          help: "Find what destroys its frames, then close the bus and open it anew.",
        });
        break;
      case "refused":
        this.#window.failed(
          this.#status ?? new CanError("frame-not-supported", `The hub ${this.#url} refused the frame.`),
        );
        this.#status = undefined;
        break;
      default:
        break;
    }
  }

  #lost(reason: string, cause?: unknown): CanError {
    if (!this.#isEntered) return new CanError("cannot-open", reason, { cause });
    return new CanError("lost-connection", `The connection to ${this.#url} was lost: ${reason}.`, {
      help: "See whether the hub still runs and what it says, then open the bus anew.",
      cause,
    });
  }

  #end(error: CanError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#entering.reject(error);
    this.#window.abandon(error);
  }
}
