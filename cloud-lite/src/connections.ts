import { once } from "node:events";
import type { Server, Socket } from "node:net";

/** How long what is under way may take at the end, before its connection is cut. */
export const CLOSE_GRACE_MS = 3000;

/** The connections of servers, WebSockets among them, which an HTTP server no longer knows once they are open. */
export class Connections {
  readonly #open = new Set<Socket>();

  /** Call it before the server listens. */
  watch(server: Server): void {
    server.on("connection", (socket: Socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
  }

  /** Resolves when the last one has ended. */
  async ended(): Promise<void> {
    for (const socket of this.#open) if (!socket.closed) await once(socket, "close");
  }

  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/** Waits for `close` and for the connections; those that are left after the grace are cut. */
export async function closeWithin(
  graceMs: number,
  connections: Connections,
  close: () => PromiseLike<unknown>,
): Promise<void> {
  const grace = setTimeout(() => connections.cut(), graceMs);
  try {
    await close();
    await connections.ended();
  } finally {
    clearTimeout(grace);
  }
}
