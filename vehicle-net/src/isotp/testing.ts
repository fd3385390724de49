import type { Effect } from "./effect.ts";
import { sessionParameters, type IsoTpOptions } from "./options.ts";
import { IsoTpSession } from "./session.ts";

/** `"10 0A 01"` → bytes, for tests with literal frames. */
export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(/\s+/).filter(Boolean), (byte) => Number.parseInt(byte, 16));
}

/** Bytes → `"10 0A 01"`. */
export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

/** `length` bytes 00 01 02 … FF 00 …: a misplaced one shows. */
export function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index & 0xff);
}

/** A session between 0x7E0 and 0x7E8 with the defaults of a channel. */
export function testSession(options: Partial<Omit<IsoTpOptions, "addressing">> = {}): IsoTpSession {
  const addressing = { mode: "normal", txId: 0x7e0, rxId: 0x7e8 } as const;
  const wire = { link: "0x7E0 → 0x7E8", singleFramesOnly: false };
  return new IsoTpSession(sessionParameters({ addressing, ...options }, wire));
}

/** Effects as lines: `transmit data#1: 02 3E 00`, `arm N_Bs 1000`, `sent 0.5`, `send-failed N_TIMEOUT_A`. */
export function lines(effects: readonly Effect[]): string[] {
  return effects.map(line);
}

function line(effect: Effect): string {
  switch (effect.do) {
    case "transmit":
      return `transmit ${effect.role}#${effect.run}: ${hex(effect.data)}`;
    case "arm":
      return `arm ${effect.timer} ${effect.atMs}`;
    case "cancel":
      return `cancel ${effect.timer}`;
    case "sent":
      return `sent ${effect.atMs}`;
    case "send-failed":
      return `send-failed ${effect.error.fault}`;
    case "reception-started":
      return `reception-started ${effect.length}`;
    case "received":
      return `received ${hex(effect.message)}`;
    default:
      return `reception-failed ${effect.error.fault}`;
  }
}

/** Only the lines that begin with one of `words`. */
export function only(effects: readonly Effect[], ...words: string[]): string[] {
  return lines(effects).filter((text) => words.some((word) => text.startsWith(word)));
}
