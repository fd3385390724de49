import type { Random } from "./random.ts";

/** Bytes at the borders of what fields mean. */
const BORDERS = [0x00, 0x01, 0x07, 0x08, 0x0f, 0x10, 0x20, 0x30, 0x40, 0x78, 0x7f, 0x80, 0xff] as const;
/** Messages do not grow beyond this by mutation. */
const LONGEST = 4200;

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const replace: Mutation = (bytes, random) => {
  const changed = bytes.slice();
  if (bytes.length > 0) changed[random.below(bytes.length)] = random.below(256);
  return changed;
};

const border: Mutation = (bytes, random) => {
  const changed = bytes.slice();
  if (bytes.length > 0) changed[random.below(bytes.length)] = random.pick(BORDERS);
  return changed;
};

const flipBit: Mutation = (bytes, random) => {
  const changed = bytes.slice();
  const at = random.below(bytes.length);
  if (bytes.length > 0) changed[at] = bytes[at]! ^ (1 << random.below(8));
  return changed;
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1));

const extend: Mutation = (bytes, random) =>
  Uint8Array.from([...bytes.subarray(0, LONGEST), ...random.bytes(random.between(1, 8))]);

const remove: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
};

const repeat: Mutation = (bytes, random) => {
  const from = random.below(bytes.length);
  const part = bytes.subarray(from, from + random.between(1, 8));
  return Uint8Array.from([...bytes.subarray(0, from), ...part, ...bytes.subarray(from, LONGEST)]);
};

const MUTATIONS = [replace, border, flipBit, truncate, extend, remove, repeat] as const;

/** The bytes with one to three faults in them, each of a random kind. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let changed = bytes;
  for (let left = random.between(1, 3); left > 0; left -= 1)
    changed = random.pick(MUTATIONS)(changed, random);
  return changed;
}
