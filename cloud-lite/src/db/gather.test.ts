import { promisify } from "node:util";
import { expect, test } from "vitest";
import { gather } from "./gather.ts";

/** Finds the keys that are numbers, and notes what it was asked. */
function numbers() {
  const asked: (readonly string[])[] = [];
  const find = gather(async (keys: readonly string[]) => {
    asked.push(keys);
    return keys.map((key) => (Number.isNaN(Number(key)) ? undefined : Number(key)));
  });
  return { asked, find: promisify<string, number | undefined>(find) };
}

test("A8 look-ups of one turn share a statement, and each gets its own value", async () => {
  const { asked, find } = numbers();
  expect(await Promise.all([find("1"), find("x"), find("2"), find("1")])).toEqual([1, undefined, 2, 1]);
  expect(asked).toEqual([["1", "x", "2", "1"]]);
});

test("A8 a look-up of a later turn asks anew: nothing is remembered", async () => {
  const { asked, find } = numbers();
  await find("1");
  await find("1");
  expect(asked).toEqual([["1"], ["1"]]);
});

test("A8 more look-ups than a statement takes are cut into several", async () => {
  const { asked, find } = numbers();
  const found = await Promise.all(Array.from({ length: 600 }, (_, key) => find(String(key))));
  expect(found).toEqual(Array.from({ length: 600 }, (_, key) => key));
  expect(asked.map((keys) => keys.length)).toEqual([256, 256, 88]);
});

test("A8 where the statement fails, everybody who waits for it hears so, and the next one is tried", async () => {
  let fails = true;
  const find = gather(async (keys: readonly string[]) => {
    if (fails) throw new RangeError("gone");
    return keys;
  });
  const ask = promisify<string, string | undefined>(find);
  const results = await Promise.allSettled([ask("1"), ask("2")]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fails = false;
  expect(await ask("1")).toBe("1");
});

test("A8 look-ups that come while a statement is on its way share the next one", async () => {
  const asked: (readonly string[])[] = [];
  const onTheirWay: (() => void)[] = [];
  const find = gather(async (keys: readonly string[]) => {
    asked.push(keys);
    await new Promise<void>((answer) => onTheirWay.push(answer));
    return keys;
  });
  const ask = promisify<string, string | undefined>(find);
  const first = ask("1");
  await new Promise(setImmediate);
  const second = ask("2");
  await new Promise(setImmediate);
  const third = ask("3");
  await new Promise(setImmediate);
  expect(asked).toEqual([["1"]]);
  onTheirWay[0]!();
  expect(await first).toBe("1");
  await new Promise(setImmediate);
  onTheirWay[1]!();
  expect(await Promise.all([second, third])).toEqual(["2", "3"]);
  expect(asked).toEqual([["1"], ["2", "3"]]);
});
