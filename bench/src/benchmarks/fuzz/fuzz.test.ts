import { expect, test } from "vitest";
import { FuzzRun, type FuzzTarget } from "./fuzz-run.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { TARGETS } from "./targets.ts";
import { fuzz } from "./watch.ts";

async function run(target: FuzzTarget, inputs: number, seed: number): Promise<FuzzRun> {
  const run = new FuzzRun(seed, inputs, target.states);
  while (!run.isDone) {
    run.begin();
    await target.play(run);
  }
  return run;
}

test.each(TARGETS.map((target) => [target.name, target] as const))(
  "B5 the %s takes ten thousand spoiled and made-up inputs, and comes into all its states",
  async (_, target) => {
    const { shown, ...done } = await run(target, 10_000, 7).then((run) => ({
      shown: run.shown,
      ...run.counts(),
    }));
    expect(shown).toEqual([]);
    expect(done.failures).toBe(0);
    expect(done.mutatedInputs).toBeGreaterThan(done.inputs / 2);
    const neverEntered = Object.entries(done.statesEntered).filter(([, count]) => count === 0);
    expect(neverEntered).toEqual([]);
  },
);

test("B5 the same seed fuzzes with the same inputs", async () => {
  const target = TARGETS[0]!;
  const [one, other] = [await run(target, 2000, 3), await run(target, 2000, 3)];
  expect(one.counts()).toEqual(other.counts());
});

test("B5 a fuzzed target in a thread of its own tells what it came through", async () => {
  const said: string[] = [];
  const order = { target: "SLCAN parser", inputs: 2000, seed: 1 };
  expect(await fuzz(order, (sentence) => said.push(sentence))).toMatchObject({ ...order, failures: 0 });
  expect(said).toEqual([]);
});

test("B5 a thread that ends with an error counts as a failure and is named", async () => {
  const said: string[] = [];
  const { failures } = await fuzz({ target: "nothing", inputs: 1, seed: 1 }, (sentence) =>
    said.push(sentence),
  );
  expect(failures).toBe(1);
  expect(said.join()).toContain('There is no fuzz target "nothing"');
});

test("B5 mutations change nearly every message, and none beyond bounds", () => {
  const random = new Random(1);
  const message = Uint8Array.of(0x36, 0x01, 0x11, 0x22);
  const mutants = Array.from({ length: 1000 }, () => mutate(message, random));
  const same = mutants.filter((mutant) => Buffer.from(mutant).equals(message));
  expect(same.length).toBeLessThan(30);
  expect(Math.max(...mutants.map(({ length }) => length))).toBeLessThan(40);
  expect(message).toEqual(Uint8Array.of(0x36, 0x01, 0x11, 0x22));
});
