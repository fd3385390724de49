import type { Bank } from "@halfshaft/vehicle-net/ecu";

/**
 * The non-volatile memory behind an ECU: a small record and two banks. Synchronous, as in a microcontroller whose
 * core stalls while it writes.
 */
export interface EcuStorage {
  /** What `writeRecord` wrote last; undefined where the ECU was never provisioned. */
  readRecord(): string | undefined;
  /** Replaces the record. Durable when it returns, and after a power cut either the old or the new one, whole. */
  writeRecord(record: string): void;
  /** @throws {StorageError} `damaged` where the bank is shorter. */
  readBank(bank: Bank, offset: number, length: number): Uint8Array;
  /** Writes into a bank, which grows as needed. Durable after `syncBank`. */
  writeBank(bank: Bank, offset: number, bytes: Uint8Array): void;
  syncBank(bank: Bank): void;
  /** Idempotent. */
  close(): void;
}

export type StorageErrorCode = "unreadable" | "unwritable" | "damaged" | "not-provisioned" | "wrong-profile";

/** The ECU's non-volatile memory cannot be used; `cause` has the system's reason. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Memory that lives as long as the object; powering an ECU off and on again keeps it. */
export function memoryStorage(): EcuStorage {
  let record: string | undefined;
  const content: Record<Bank, Uint8Array> = { A: new Uint8Array(), B: new Uint8Array() };
  return {
    readRecord: () => record,
    writeRecord(text) {
      record = text;
    },
    readBank(bank, offset, length) {
      const end = offset + length;
      const size = content[bank].length;
      if (end > size) throw new StorageError("damaged", `bank ${bank} has ${size} bytes, not ${end}`);
      return content[bank].slice(offset, end);
    },
    writeBank(bank, offset, bytes) {
      const end = offset + bytes.length;
      if (end > content[bank].length) {
        const grown = new Uint8Array(end);
        grown.set(content[bank]);
        content[bank] = grown;
      }
      content[bank].set(bytes, offset);
    },
    syncBank() {},
    close() {},
  };
}
