import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { fineAt } from "../clock/fine-timer.ts";
import { realClock } from "../clock/real-clock.ts";
import { CanError } from "./bus.ts";
import { SlcanAdapter } from "./slcan-adapter.ts";
import { SocketWriter } from "./socket-writer.ts";
import { VirtualBus } from "./virtual-bus.ts";

export interface HubOptions {
  /** Address to listen on; default 127.0.0.1. Whoever reaches it is on the bus: there is no access control. */
  readonly host?: string;
  /** TCP port; 0 takes a free one. */
  readonly port: number;
  /** Nominal bit rate in bit/s. */
  readonly bitrate: number;
  /** Data bit rate in bit/s; where given, the bus carries CAN FD. */
  readonly dataBitrate?: number;
  /** Told who comes and goes and what they do wrong, a sentence each. */
  readonly onNotice?: (sentence: string) => void;
}

export interface Hub {
  /** `hub://host:port`, for `openBus`. */
  readonly url: string;
  readonly port: number;
  /** The bus behind it: statistics, capture, faults, nodes in this process. */
  readonly bus: VirtualBus;
  close(): Promise<void>;
}

const MAX_CLIENTS = 64;
/** A client's frames waiting for the bus, at which its socket is no longer read, and at which it is again. */
const QUEUE_FULL = 128;
const QUEUE_LOW = 64;
/** Unread output at which a client is dropped: about ten seconds of a full bus at 500 kbit/s. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
const KEEP_ALIVE_MS = 10_000;

/**
 * Starts a bus for machines without CAN: SLCAN over TCP, each connection a node, paced in real time by exact bit timing.
 * @throws {CanError} `cannot-open` where the port cannot be had.
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { host = "127.0.0.1", bitrate, dataBitrate } = options;
  const bus = new VirtualBus({ clock: realClock, fineAt, bitrate, dataBitrate });
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  const sockets = new Set<Socket>();
  let arrived = 0;
  server.maxConnections = MAX_CLIENTS;
  server.on("connection", (socket) => {
    arrived += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, bus, `client ${arrived} (${socket.remoteAddress}:${socket.remotePort})`, options.onNotice);
  });
  const port = await listen(server, host, options.port);
  const close = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await bus.close();
    await closed;
  };
  return { url: `hub://${host.includes(":") ? `[${host}]` : host}:${port}`, port, bus, close };
}

function serve(socket: Socket, bus: VirtualBus, name: string, onNotice: HubOptions["onNotice"]): void {
  const writer = new SocketWriter(socket);
  const notice = (sentence: string): void => onNotice?.(`${name}: ${sentence}`);
  const adapter = new SlcanAdapter({
    bus,
    name,
    write: (text) => {
      writer.write(text);
      if (writer.backlogBytes <= MAX_BACKLOG_BYTES || socket.destroyed) return;
      notice(`dropped, it left ${writer.backlogBytes} bytes unread.`);
      socket.destroy();
    },
    onDeparture: () => {
      if (socket.isPaused() && adapter.queueLength <= QUEUE_LOW) socket.resume();
    },
    onNotice: notice,
  });
  notice("connected.");
  socket.on("data", (chunk) => {
    adapter.push(chunk);
    if (adapter.queueLength >= QUEUE_FULL) socket.pause();
  });
  socket.on("error", (error) => notice(`connection failed: ${error.message}.`));
  socket.on("close", () => {
    adapter.close();
    notice("disconnected.");
  });
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const listening = once(server, "listening");
  server.listen(port, host);
  try {
    await listening;
  } catch (cause) {
    throw cannotListen(host, port, cause);
  }
  // A server listening on TCP has an address of this shape.
  return (server.address() as AddressInfo).port;
}

function cannotListen(host: string, port: number, cause: unknown): CanError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return new CanError("cannot-open", `The bus hub cannot start: port ${port} on ${host} is taken.`, {
      help: "Stop the program that has it, or give the hub another port.",
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CanError("cannot-open", `The bus hub cannot listen on ${host}, port ${port}: ${reason}.`, {
    help: "Give an address of this machine, such as 127.0.0.1, and a port from 1024 to 65535.",
    cause,
  });
}
