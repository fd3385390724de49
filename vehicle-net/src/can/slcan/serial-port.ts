import type * as Library from "serialport";
import { realClock } from "../../clock/real-clock.ts";
import { CanError } from "../bus.ts";
import type { SlcanPort, SlcanPortListener } from "./slcan-port.ts";

/** For the last words to an adapter that may no longer read, ms. */
const LAST_WRITE_TIMEOUT_MS = 200;

/**
 * Opens a serial port and raises DTR, without which some adapters keep silent.
 * @throws {CanError} `cannot-open` where the package serialport is missing, or the port cannot be had.
 */
export async function openSerialPort(path: string, baudRate: number): Promise<SlcanPort> {
  const library = await loadSerialPort();
  const port = new library.SerialPort({ path, baudRate, autoOpen: false });
  const opened = Promise.withResolvers<void>();
  port.open((error) => (error === null ? opened.resolve() : opened.reject(error)));
  try {
    await opened.promise;
  } catch (cause) {
    throw cannotOpen(path, cause, await portNames(library));
  }
  // A pseudo-terminal has no such line and says ENOTTY; nor does it need it.
  port.set({ dtr: true }, () => undefined);
  return new OpenedPort(port);
}

async function loadSerialPort(): Promise<typeof Library> {
  try {
    return await import("serialport");
  } catch (cause) {
    throw new CanError("cannot-open", "Serial ports need the npm package serialport, which is not there.", {
      help: "Install it with: npm install serialport (it is an optional dependency).",
      cause,
    });
  }
}

async function portNames({ SerialPort }: typeof Library): Promise<string> {
  try {
    const ports = (await SerialPort.list()).filter(({ vendorId }) => vendorId !== undefined);
    return ports
      .map(({ path, serialNumber }) => `${path} (${serialNumber ?? "no serial number"})`)
      .join(", ");
  } catch {
    return "";
  }
}

function cannotOpen(path: string, cause: unknown, names: string): CanError {
  const reason = cause instanceof Error ? cause.message.replace(/^Error:? /u, "") : String(cause);
  let help = names === "" ? "No adapter is plugged into USB." : `Plugged into USB: ${names}.`;
  if (/permission/iu.test(reason))
    help = "Join the group of the port: adduser $USER dialout, and log in anew.";
  if (/lock|busy/iu.test(reason)) help = "Another program has it: end that first (slcand, a terminal).";
  return new CanError("cannot-open", `The serial port ${path} cannot be opened: ${reason}.`, { help, cause });
}

class OpenedPort implements SlcanPort {
  readonly #port: Library.SerialPort;
  #gathered = "";
  #closed = false;

  constructor(port: Library.SerialPort) {
    this.#port = port;
  }

  listen(listener: SlcanPortListener): void {
    let failure: Error | undefined;
    this.#port.on("error", (error: Error) => {
      failure = error;
    });
    this.#port.on("close", (error: Error | null) => {
      if (!this.#closed) listener.lost(error ?? failure);
      this.#closed = true;
    });
    this.#port.on("data", (chunk: Buffer) => {
      if (!this.#closed) listener.heard(chunk);
    });
  }

  /** Gathers what is written in one turn of the event loop: each write costs a trip through a thread. */
  write(text: string): void {
    if (this.#gathered === "") setImmediate(() => this.#flush());
    this.#gathered += text;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#port.isOpen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = realClock.after(LAST_WRITE_TIMEOUT_MS, resolve);
    this.#flush(resolve);
    await promise;
    late.cancel();
    const closed = Promise.withResolvers<void>();
    this.#port.close(() => closed.resolve());
    await closed.promise;
  }

  #flush(written?: () => void): void {
    const text = this.#gathered;
    this.#gathered = "";
    if (text !== "" && this.#port.isOpen) this.#port.write(text, "latin1", () => written?.());
    else written?.();
  }
}
