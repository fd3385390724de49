import type { CanFrame } from "./frame.ts";

/**
 * A number that orders frames as arbitration does (ISO 11898-1:2015 10.4.2): the lower wins. Identifier bits decide from
 * the most significant on, dominant (0) before recessive; a base frame's IDE bit beats the extended frame of the same
 * base identifier; where all that is equal, a classic frame beats an FD frame (its FDF bit is dominant).
 */
export function arbitrationKey(frame: Pick<CanFrame, "id" | "extended" | "fd">): number {
  const extended = frame.extended === true;
  const base = extended ? frame.id >>> 18 : frame.id;
  const extension = extended ? 2 ** 18 + (frame.id & 0x3_ffff) : 0;
  return (base * 2 ** 19 + extension) * 2 + (frame.fd === true ? 1 : 0);
}
