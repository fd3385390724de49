import type { Socket } from "node:net";

/** Gathers what is written in one turn of the event loop into one write: a busy bus brings many short lines at once. */
export class SocketWriter {
  readonly #socket: Socket;
  #gathered = "";

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the other end has not taken yet. */
  get backlogBytes(): number {
    return this.#gathered.length + this.#socket.writableLength;
  }

  /** @param text of one byte per character. */
  write(text: string): void {
    if (this.#gathered === "") setImmediate(() => this.flush());
    this.#gathered += text;
  }

  flush(): void {
    const text = this.#gathered;
    this.#gathered = "";
    if (text !== "" && this.#socket.writable) this.#socket.write(text, "latin1");
  }
}
