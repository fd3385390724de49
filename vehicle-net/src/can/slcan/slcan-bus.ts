import type { Clock, Timer } from "../../clock/clock.ts";
import { frameTimeMs, type BitRates } from "../bit-timing.ts";
import { CanError, type BusCapabilities, type CanBus } from "../bus.ts";
import { checkFrame } from "../frame-length.ts";
import type { CanFrame, ReceivedFrame } from "../frame.ts";
import { encodeFrame } from "../slcan-frame.ts";
import type { SlcanDialect } from "./dialect.ts";
import { EchoWindow } from "./echo-window.ts";
import { ASK_VERSION, enterBus, leaveBus } from "./handshake.ts";
import { PacedWindow } from "./paced-window.ts";
import { hearLine, type SlcanNews } from "./slcan-news.ts";
import { SlcanLink } from "./slcan-link.ts";
import type { OpenSlcanPort } from "./slcan-port.ts";
import type { SlcanUrl } from "./slcan-url.ts";
import { busOff, lostConnection, notAcknowledged } from "./slcan-bus-error.ts";
import type { SlcanWindow } from "./slcan-window.ts";

/** Between attempts to open a port that has gone away. */
const REOPEN_MS = 500;
/** The rate at which a port on USB is opened, where it means nothing. */
const USB_BAUD = 115_200;

export interface SlcanBusOptions {
  readonly url: SlcanUrl;
  readonly clock: Clock;
  readonly openPort: OpenSlcanPort;
  /** Told of unplugging and coming back, a sentence each. */
  readonly onNotice: (sentence: string) => void;
}

const PROBED: SlcanNews = { news: "probed" };

/** What is there while the adapter is plugged in. */
interface Connection {
  readonly link: SlcanLink;
  readonly window: SlcanWindow;
  readonly dialect: SlcanDialect;
}

/** A CAN bus behind an SLCAN adapter. It opens the adapter again when that was unplugged and has come back. */
export class SlcanBus implements CanBus {
  readonly capabilities: BusCapabilities;
  readonly #options: SlcanBusOptions;
  readonly #rates: BitRates;
  readonly #listeners = new Set<{ readonly receive: (frame: ReceivedFrame) => void }>();
  #connection: Connection | undefined;
  #reopen: Timer | undefined;
  /** Settles when no attempt to open the port is under way. */
  #connecting: Promise<void> = Promise.resolve();
  /** Why frames are refused: the adapter says so in a line before. */
  #status: CanError | undefined;
  #isClosed = false;

  private constructor(options: SlcanBusOptions) {
    const { bitrate, dataBitrate } = options.url;
    this.#options = options;
    this.#rates = { bitrate, dataBitrate };
    this.capabilities = { fd: dataBitrate !== undefined, bitrate, dataBitrate };
  }

  /** @throws {CanError} `cannot-open`, `frame-not-supported` */
  static async open(options: SlcanBusOptions): Promise<SlcanBus> {
    const bus = new SlcanBus(options);
    await bus.#connect();
    return bus;
  }

  /** What the adapter was found to be; `undefined` while it is unplugged. */
  get dialect(): SlcanDialect | undefined {
    return this.#connection?.dialect;
  }

  async send(frame: CanFrame): Promise<number> {
    if (this.#isClosed) throw this.#closedError();
    checkFrame(frame);
    const { url } = this.#options;
    if (frame.fd === true && !this.capabilities.fd) {
      throw new CanError("frame-not-supported", `${url.path} was opened for classic CAN: no FD frames.`, {
        help: "Add data=2M to the URL where the adapter has CAN FD, or send classic frames.",
      });
    }
    if (url.listenOnly) throw new CanError("frame-not-supported", `${url.path} was opened to listen only.`);
    if (this.#connection === undefined) throw lostConnection(url.path);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const frameMs = frameTimeMs(frame, this.#rates);
    this.#connection.window.push({ line: `${encodeFrame(frame)}\r`, frameMs, resolve, reject });
    return promise;
  }

  subscribe(listener: (frame: ReceivedFrame) => void): () => void {
    const subscription = { receive: listener };
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listeners.clear();
    this.#reopen?.cancel();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.window.abandon(this.#closedError());
    if (connection !== undefined) leaveBus(connection.link);
    await connection?.link.close();
    await this.#connecting;
  }

  async #connect(): Promise<void> {
    const { url, clock, openPort } = this.#options;
    const port = await openPort(url.path, url.uartBaud ?? USB_BAUD);
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => undefined);
    const link: SlcanLink = new SlcanLink(port, clock, (cause) => {
      gone.reject(lostConnection(url.path, cause));
      if (this.#connection?.link === link) this.#lost(cause);
    });
    try {
      const { dialect, version } = await Promise.race([enterBus(link, url, clock), gone.promise]);
      const window = this.#makeWindow(link, dialect, version !== undefined);
      if (this.#isClosed) throw this.#closedError();
      this.#connection = { link, window, dialect };
      link.onLine((line) => {
        const news = line.text === version ? PROBED : hearLine(line, dialect);
        if (news !== undefined) this.#act(news, window);
      });
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  #makeWindow(link: SlcanLink, dialect: SlcanDialect, tellsVersion: boolean): SlcanWindow {
    const { clock, url } = this.#options;
    const { inFlight, fifo, answers } = dialect;
    const write = (text: string): void => link.write(text);
    const unacknowledged = (): CanError => this.#status ?? notAcknowledged(url.path);
    if (dialect.departure === "echoed") {
      return new EchoWindow({
        clock,
        inFlight,
        write,
        refusal: unacknowledged,
        notAcknowledged: unacknowledged,
      });
    }
    return new PacedWindow({
      clock,
      inFlight,
      fifo,
      answers,
      probes: tellsVersion,
      uartBaud: url.uartBaud,
      write,
      probe: () => link.say(ASK_VERSION),
      refusal: unacknowledged,
      onSilence: () => this.#lost(undefined),
    });
  }

  #act(news: SlcanNews, window: SlcanWindow): void {
    switch (news.news) {
      case "received": {
        window.occupied(frameTimeMs(news.frame, this.#rates));
        const frame: ReceivedFrame = { ...news.frame, atMs: this.#options.clock.now() };
        for (const { receive } of this.#listeners) receive(frame);
        break;
      }
      case "answered":
        if (!news.isRefused) this.#status = undefined;
        window.answered(news.isRefused);
        break;
      case "probed":
        window.probed();
        break;
      case "echoed":
        this.#status = undefined;
        window.echoed(news.marker);
        break;
      case "bus-off":
        this.#status = busOff(this.#options.url.path);
        window.fail(this.#status);
        break;
      case "not-acknowledged":
        this.#status = notAcknowledged(this.#options.url.path);
        break;
    }
  }

  #lost(cause: Error | undefined): void {
    const { url, onNotice } = this.#options;
    const connection = this.#connection;
    this.#connection = undefined;
    const error = lostConnection(url.path, cause);
    onNotice(error.message);
    connection?.window.abandon(error);
    this.#connecting = connection?.link.close() ?? Promise.resolve();
    this.#reopenLater();
  }

  #reopenLater(): void {
    if (this.#isClosed) return;
    const { url, clock, onNotice } = this.#options;
    this.#reopen = clock.after(REOPEN_MS, () => {
      this.#connecting = this.#connecting
        .then(() => this.#connect())
        .then(
          () => onNotice(`The adapter at ${url.path} is back.`),
          () => this.#reopenLater(),
        );
    });
  }

  #closedError(): CanError {
    return new CanError("closed", `The bus at ${this.#options.url.path} has been closed.`);
  }
}
