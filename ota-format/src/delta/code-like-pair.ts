/** Two versions of the same made-up firmware. */
export interface ImagePair {
  readonly base: Uint8Array;
  readonly result: Uint8Array;
}

/** An instruction of the dictionary, or a call of the routine with this number. */
type Instruction = { readonly bytes: readonly number[] } | { readonly callee: number };
type Routine = readonly Instruction[];

const DICTIONARY_WORDS = 3000;
const ALIGNMENT = 16;
const CALL_BYTES = 5;
const CALL_OPCODE = 0xe8;

/**
 * Test data of about `length` bytes: routines of instructions drawn unevenly from a dictionary, calls with
 * relative addresses, padding. From base to result one routine in 50 is edited, one in 200 is new, one in 200
 * gone, and four stretches change places; all calls are linked anew, so addresses differ everywhere.
 * The same `seed` gives the same pair.
 */
export function codeLikePair(length: number, seed: number): ImagePair {
  const random = randomSource(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const dictionary = Array.from({ length: DICTIONARY_WORDS }, () =>
    Array.from({ length: 2 + below(6) }, () => below(256) & below(256)),
  );
  const routineCount = Math.max(Math.round(length / 640), 8);
  const instruction = (): Instruction =>
    random() < 0.08
      ? { callee: below(routineCount) }
      : { bytes: dictionary[Math.floor(DICTIONARY_WORDS * random() ** 2.5)]! };
  const routine = (): Routine => Array.from({ length: 20 + below(240) }, instruction);

  const before = new Map(Array.from({ length: routineCount }, (_, name) => [name, routine()]));
  const after: [number, Routine][] = [];
  for (const [name, body] of before) {
    if (below(200) === 0) continue;
    if (below(50) === 0)
      after.push([name, body.with(below(body.length), instruction()).concat(instruction())]);
    else after.push([name, body]);
    if (below(200) === 0) after.push([routineCount + name, routine()]);
  }
  for (let move = 0; move < 4; move++) {
    const stretch = after.splice(below(after.length), Math.ceil(after.length / 40));
    after.splice(below(after.length), 0, ...stretch);
  }
  return { base: link(before), result: link(new Map(after)) };
}

/** Lays the routines out one after another and fills the calls in. */
function link(routines: ReadonlyMap<number, Routine>): Uint8Array {
  const addresses = new Map<number, number>();
  let end = 0;
  for (const [name, routine] of routines) {
    addresses.set(name, end);
    for (const item of routine) end += "bytes" in item ? item.bytes.length : CALL_BYTES;
    end = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  }
  const image = new Uint8Array(end);
  const view = new DataView(image.buffer);
  for (const [name, routine] of routines) {
    let at = addresses.get(name)!;
    for (const item of routine) {
      if ("bytes" in item) {
        image.set(item.bytes, at);
        at += item.bytes.length;
      } else {
        image[at] = CALL_OPCODE;
        view.setInt32(at + 1, (addresses.get(item.callee) ?? 0) - at, true);
        at += CALL_BYTES;
      }
    }
  }
  return image;
}

/** Numbers from 0 to 1 by a 32-bit xorshift (Marsaglia, "Xorshift RNGs", 2003). */
export function randomSource(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
