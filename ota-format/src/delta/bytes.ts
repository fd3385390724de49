/** All parts, one after another, in a new array. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes `minuend - subtrahend`, byte by byte; all three are as long as `into`. */
export function subtractBytes(minuend: Uint8Array, subtrahend: Uint8Array, into: Uint8Array): void {
  for (let i = 0; i < into.length; i++) into[i] = minuend[i]! - subtrahend[i]!;
}
