/** Told what was found of a key; not a promise, for this is at every request of a fleet. */
export type Tell<Value> = (error: unknown, value: Value | undefined) => void;

/** Keys of one statement at most. */
const AT_ONCE = 256;

/**
 * A look-up that waits for others of the same turn of the event loop, so that one statement answers them all. It
 * remembers nothing: each look-up is in a statement that begins after it was asked, so that what was changed before,
 * by whichever instance, is seen.
 * @param load finds values by key; a key that it leaves out has none. Keys may come twice.
 */
export function gather<Key, Value>(
  load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key, tell: Tell<Value>) => void {
  let waiting: { readonly key: Key; readonly tell: Tell<Value> }[] = [];
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += AT_ONCE) void answer(all.slice(from, from + AT_ONCE));
  };
  const answer = async (asked: typeof waiting): Promise<void> => {
    const { found, error } = await load(asked.map(({ key }) => key)).then(
      (values) => ({ found: values, error: undefined }),
      (reason: unknown) => ({ found: undefined, error: reason }),
    );
    for (const { key, tell } of asked) tell(error, found?.get(key));
  };
  return (key, tell) => {
    if (waiting.push({ key, tell }) === 1) setImmediate(flush);
  };
}
