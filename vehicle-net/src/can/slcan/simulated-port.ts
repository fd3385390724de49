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
  let terminal: PseudoTerminal | undefined = await openPseudoTerminal();
  const { path } = terminal;
  const adapter = new SimulatedAdapter({ ...options, write: (text) => terminal?.write(text) });
  terminal.onData((chunk) => adapter.push(chunk));
  const unplug = async (): Promise<void> => {
    adapter.close();
    const gone = terminal;
    terminal = undefined;
    await gone?.close();
  };
  return {
    path,
    adapter,
    unplug,
    async plug() {
      terminal ??= await openPseudoTerminal(path);
      terminal.onData((chunk) => adapter.push(chunk));
    },
    close: unplug,
  };
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
