/** Told what was found of a key; not a promise, for this is at every request of a fleet. */
export type Tell<Value> = (error: unknown, value: Value | undefined) => void;

/** Keys of one statement at most. */
const AT_ONCE = 256;

/**
 * A look-up that waits for others of the same turn of the event loop, and for the statement that is on its way, so that
 * one statement answers them all: the busier it is, the more share one. It remembers nothing: each look-up is in a
 * statement that begins after it was asked, so that what was changed before, by whichever instance, is seen.
 * @param load finds the value of each key, in their order; undefined for none. Keys may come twice.
 */
export function gather<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly (Value | undefined)[]>,
): (key: Key, tell: Tell<Value>) => void {
  const waiting: { readonly key: Key; readonly tell: Tell<Value> }[] = [];
  let isRunning = false;
  const run = async (): Promise<void> => {
    while (waiting.length > 0) await answer(waiting.splice(0, AT_ONCE));
    isRunning = false;
  };
  const answer = async (asked: typeof waiting): Promise<void> => {
    const { found, error } = await load(asked.map(({ key }) => key)).then(
      (values) => ({ found: values, error: undefined }),
      (reason: unknown) => ({ found: undefined, error: reason }),
    );
    for (const [i, { tell }] of asked.entries()) tell(error, found?.[i]);
  };
  return (key, tell) => {
    waiting.push({ key, tell });
    if (isRunning) return;
    isRunning = true;
    setImmediate(() => void run());
  };
}
