/** A look-up that waits for others of the same turn of the event loop, so that one statement answers them all. */
export type Gathered<Key, Value> = (key: Key) => Promise<Value | undefined>;

/** Keys of one statement at most. */
const AT_ONCE = 256;

interface Waiting<Key, Value> {
  readonly key: Key;
  readonly resolve: (value: Value | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers nothing from memory: each look-up is in a statement that begins after it was asked, so that what was
 * changed before, by whichever instance, is seen.
 * @param load finds values by key; a key that it leaves out has none. Keys may come twice.
 */
export function gather<Key, Value>(
  load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): Gathered<Key, Value> {
  let waiting: Waiting<Key, Value>[] = [];
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += AT_ONCE) void answer(all.slice(from, from + AT_ONCE));
  };
  const answer = async (asked: readonly Waiting<Key, Value>[]): Promise<void> => {
    try {
      const found = await load(asked.map(({ key }) => key));
      for (const { key, resolve } of asked) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  };
  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ key, resolve, reject }) === 1) setImmediate(flush);
    });
}
