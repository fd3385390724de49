/** A byte stream to an adapter: a serial port, or in a test what stands for one. */
export interface SlcanPort {
  /** @param text of one byte per character. */
  write(text: string): void;
  /** Who hears; set once, before anything is written. */
  listen(listener: SlcanPortListener): void;
  /** Idempotent; the listener is told nothing more. */
  close(): Promise<void>;
}

export interface SlcanPortListener {
  heard(chunk: Uint8Array): void;
  /** It is gone without having been closed: unplugged, most often. */
  lost(cause: Error | undefined): void;
}

/** @throws {CanError} `cannot-open` */
export type OpenSlcanPort = (path: string, baudRate: number) => Promise<SlcanPort>;
