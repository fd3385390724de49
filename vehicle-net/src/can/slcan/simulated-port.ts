import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../clock/real-clock.ts";
import type { Clock } from "../../clock/clock.ts";
import type { VirtualBus } from "../virtual-bus.ts";
import type { SlcanDialectName } from "./dialect.ts";
import { openPseudoTerminal, type PseudoTerminal } from "./pseudo-terminal.ts";
import { SimulatedAdapter } from "./simulated-adapter.ts";
import type { SlcanPort, SlcanPortListener } from "./slcan-port.ts";

export interface SimulatedPortOptions {
  readonly bus: VirtualBus;
  /** Name of the adapter's node on the bus. */
  readonly name: string;
  readonly dialect: SlcanDialectName;
  /** What hosts call the bit rates of the bus, where its oscillator is off; default: those of the bus. */
  readonly bitrate?: number;
  readonly dataBitrate?: number;
}

/** A simulated adapter behind a pseudo-terminal, which any program opens as a serial port. */
export interface SimulatedSlcan {
  /** Stays the same when it is plugged in again. */
  readonly path: string;
  readonly adapter: SimulatedAdapter;
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): Promise<void>;
}

/** @throws {CanError} `cannot-open` where there is no socat. */
export async function startSimulatedSlcan(options: SimulatedPortOptions): Promise<SimulatedSlcan> {
  const folder = await mkdtemp(join(tmpdir(), "slcan-"));
  const path = join(folder, "tty");
  let terminal: PseudoTerminal | undefined;
  const adapter = new SimulatedAdapter({ ...options, write: (text) => terminal?.write(text) });
  const plug = async (): Promise<void> => {
    if (terminal !== undefined) return;
    terminal = await openPseudoTerminal(path);
    terminal.onData((chunk) => adapter.push(chunk));
  };
  const unplug = async (): Promise<void> => {
    adapter.close();
    const gone = terminal;
    terminal = undefined;
    await gone?.close();
  };
  const close = async (): Promise<void> => {
    await unplug();
    await rm(folder, { recursive: true, force: true });
  };
  await plug();
  return { path, adapter, unplug, plug, close };
}

/** A simulated adapter without a serial port between, for any clock; bytes take `transferMs` each way. */
export class MemoryPort implements SlcanPort {
  readonly adapter: SimulatedAdapter;
  readonly #clock: Clock;
  readonly #transferMs: () => number;
  #listener: SlcanPortListener | undefined;
  #closed = false;
  #toAdapter = "";
  #toHost = "";

  constructor(
    options: SimulatedPortOptions & { readonly clock?: Clock; readonly transferMs?: () => number },
  ) {
    this.#clock = options.clock ?? realClock;
    this.#transferMs = options.transferMs ?? (() => 1);
    this.adapter = new SimulatedAdapter({ ...options, write: (text) => this.#said(text) });
  }

  listen(listener: SlcanPortListener): void {
    this.#listener = listener;
  }

  write(text: string): void {
    if (this.#toAdapter === "") {
      this.#clock.after(this.#transferMs(), () => {
        const bytes = Buffer.from(this.#toAdapter, "latin1");
        this.#toAdapter = "";
        if (!this.#closed) this.adapter.push(bytes);
      });
    }
    this.#toAdapter += text;
  }

  /** As pulled out of its socket. */
  unplug(): void {
    this.adapter.close();
    if (!this.#closed) this.#listener?.lost(undefined);
    this.#closed = true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.adapter.close();
  }

  #said(text: string): void {
    if (this.#toHost === "") {
      this.#clock.after(this.#transferMs(), () => {
        const bytes = Buffer.from(this.#toHost, "latin1");
        this.#toHost = "";
        if (!this.#closed) this.#listener?.heard(bytes);
      });
    }
    this.#toHost += text;
  }
}
