import fc from "fast-check";
import { expect, test } from "vitest";
import { admissible, RANK_END, rankBelow, rankOf, type PhaseSize } from "./who-is-next.ts";

const ids = Array.from({ length: 1000 }, (_, i) => `vehicle-${i}`);
const chosen = (seed: string, size: PhaseSize, from = ids): string[] => {
  const below = rankBelow(
    size,
    Float64Array.from(from, (id) => rankOf(seed, id)),
  );
  return from.filter((id) => rankOf(seed, id) < below);
};

test("C5 the canaries of a seed are the same every time, and others for another seed", () => {
  const canaries = chosen("spring", { percentage: 1 });
  expect(canaries).toEqual(chosen("spring", { percentage: 1 }));
  expect(canaries).toMatchInlineSnapshot(`
    [
      "vehicle-99",
      "vehicle-190",
      "vehicle-363",
      "vehicle-542",
      "vehicle-669",
      "vehicle-693",
      "vehicle-720",
      "vehicle-784",
      "vehicle-814",
      "vehicle-821",
    ]
  `);
  expect(chosen("summer", { percentage: 1 })).not.toEqual(canaries);
});

test.each<[PhaseSize, number]>([
  [{ percentage: 1 }, 10],
  [{ percentage: 0.01 }, 1],
  [{ percentage: 10 }, 100],
  [{ percentage: 33.3 }, 333],
  [{ percentage: 100 }, 1000],
  [{ count: 7 }, 7],
  [{ count: 5000 }, 1000],
  [undefined, 1000],
])("C5 of 1,000 vehicles %j takes %i", (size, expected) => {
  expect(chosen("seed", size)).toHaveLength(expected);
});

test("C5 a smaller percentage is contained in a larger one", () => {
  const share = fc.double({ min: 0.01, max: 100, noNaN: true });
  fc.assert(
    fc.property(fc.string(), fc.subarray(ids), share, share, (seed, fleet, a, b) => {
      const small = chosen(seed, { percentage: Math.min(a, b) }, fleet);
      const large = new Set(chosen(seed, { percentage: Math.max(a, b) }, fleet));
      expect(small.every((id) => large.has(id))).toBe(true);
    }),
  );
});

test("C5 vehicles that come later change nothing for those that were chosen", () => {
  const below = rankBelow(
    { percentage: 10 },
    Float64Array.from(ids, (id) => rankOf("s", id)),
  );
  const before = ids.filter((id) => rankOf("s", id) < below);
  const after = [...ids, "late-1", "late-2"].filter((id) => rankOf("s", id) < below);
  expect(after.filter((id) => !id.startsWith("late"))).toEqual(before);
  expect(RANK_END).toBeGreaterThan(below);
});

const MINUTE = 60_000;
const cases: [string, Parameters<typeof admissible>, ReturnType<typeof admissible>][] = [
  ["no limit", [{}, { at: 5, paceAt: null, inFlight: 3, waiting: 9 }], { admit: 9, paceAt: null }],
  [
    "room for two",
    [{ maxConcurrent: 5 }, { at: 5, paceAt: null, inFlight: 3, waiting: 9 }],
    { admit: 2, paceAt: null },
  ],
  [
    "no room",
    [{ maxConcurrent: 3 }, { at: 5, paceAt: null, inFlight: 4, waiting: 9 }],
    { admit: 0, paceAt: null },
  ],
  [
    "its first vehicle",
    [{ vehiclesPerMinute: 6 }, { at: MINUTE, paceAt: null, inFlight: 0, waiting: 9 }],
    { admit: 1, paceAt: MINUTE + 10_000 },
  ],
  [
    "the next vehicle not due yet",
    [{ vehiclesPerMinute: 6 }, { at: MINUTE, paceAt: MINUTE + 1, inFlight: 0, waiting: 9 }],
    { admit: 0, paceAt: MINUTE + 1 },
  ],
  [
    "half a minute gone",
    [{ vehiclesPerMinute: 6 }, { at: 2 * MINUTE, paceAt: 1.5 * MINUTE, inFlight: 0, waiting: 9 }],
    { admit: 4, paceAt: 2 * MINUTE + 10_000 },
  ],
  [
    "less than one vehicle a minute: its first",
    [{ vehiclesPerMinute: 0.5 }, { at: MINUTE, paceAt: null, inFlight: 0, waiting: 9 }],
    { admit: 1, paceAt: 3 * MINUTE },
  ],
  [
    "less than one vehicle a minute: the next one",
    [{ vehiclesPerMinute: 0.5 }, { at: 3 * MINUTE, paceAt: 3 * MINUTE, inFlight: 1, waiting: 8 }],
    { admit: 1, paceAt: 5 * MINUTE },
  ],
  [
    "less than one vehicle a minute, after a day: one",
    [{ vehiclesPerMinute: 0.5 }, { at: 1440 * MINUTE, paceAt: 3 * MINUTE, inFlight: 1, waiting: 8 }],
    { admit: 1, paceAt: 1442 * MINUTE },
  ],
  [
    "a day gone: at most a minute is made up for",
    [{ vehiclesPerMinute: 6 }, { at: 1440 * MINUTE, paceAt: MINUTE, inFlight: 0, waiting: 99 }],
    { admit: 6, paceAt: 1440 * MINUTE + 10_000 },
  ],
];

test.each(cases)("C12 a phase with %s", (_name, args, expected) => {
  expect(admissible(...args)).toEqual(expected);
});

test("C12 whatever the pace, the first vehicle comes at once", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e6, noNaN: true }), (vehiclesPerMinute) => {
      const facts = { at: 1000 * MINUTE, paceAt: null, inFlight: 0, waiting: 9 };
      expect(admissible({ vehiclesPerMinute }, facts).admit).toBeGreaterThanOrEqual(1);
    }),
  );
});

test("C12 however often it is asked, a pace is never exceeded", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 60 }), (between, vehiclesPerMinute) => {
      let at = MINUTE;
      let paceAt: number | null = null;
      const let_in: number[] = [];
      for (const gap of between) {
        at += gap;
        const next = admissible({ vehiclesPerMinute }, { at, paceAt, inFlight: 0, waiting: 1000 });
        paceAt = next.paceAt;
        for (let i = 0; i < next.admit; i += 1) let_in.push(at);
      }
      for (const start of let_in) {
        const within = let_in.filter((time) => time >= start && time < start + MINUTE).length;
        // A burst after a pause, and what is due within the same minute.
        expect(within).toBeLessThanOrEqual(2 * vehiclesPerMinute);
      }
    }),
  );
});
