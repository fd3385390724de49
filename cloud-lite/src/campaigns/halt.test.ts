import fc from "fast-check";
import { expect, test } from "vitest";
import { HALT_DEFAULTS, haltReasons, type HaltRules, type JudgedPhase } from "./halt.ts";
import { NO_JOBS, ratesOf, type Tally } from "./rates.ts";

const phase = (tally: Partial<Tally>, more: Partial<JudgedPhase> = {}): JudgedPhase => ({
  name: "Canary",
  tally: { ...NO_JOBS, ...tally },
  fresh: { ...NO_JOBS, ...tally },
  filled: true,
  ...more,
});
const kinds = (one: JudgedPhase, rules: HaltRules = HALT_DEFAULTS): string[] =>
  haltReasons([one], rules).map(({ kind }) => kind);

test.each<[string, Partial<Tally>, number]>([
  ["failed and rolled back ones", { succeeded: 96, failed: 2, rolledBack: 2 }, 0.04],
  ["silent ones in both numbers", { succeeded: 98, active: 2, silent: 2 }, 0.02],
  [
    "no offers that nobody has reached",
    { succeeded: 1, failed: 1, queued: 500, offered: 98, active: 7 },
    0.5,
  ],
  ["none that were declined or expired", { succeeded: 9, failed: 1, declined: 40, expired: 50 }, 0.1],
])("C7 the failure rate counts %s", (_name, tally, rate) => {
  expect(ratesOf({ ...NO_JOBS, ...tally }).failure).toBeCloseTo(rate, 10);
});

test.each<[string, JudgedPhase, string[]]>([
  ["nothing yet", phase({ queued: 100 }), []],
  ["49 of 50 well: at the threshold", phase({ succeeded: 49, failed: 1, queued: 50 }), ["failureRate"]],
  ["99 of 100 well", phase({ succeeded: 99, failed: 1, queued: 50 }), []],
  ["a failure before the sample is complete", phase({ succeeded: 18, failed: 1, queued: 81 }), []],
  ["a failure in a complete sample", phase({ succeeded: 19, failed: 1, queued: 80 }), ["failureRate"]],
  ["a phase smaller than the sample", phase({ succeeded: 4, failed: 1, offered: 0 }), ["failureRate"]],
  ["a small phase that is not over", phase({ succeeded: 3, failed: 1, offered: 1 }), []],
  ["a finished phase of which most declined", phase({ failed: 1, declined: 40 }), ["failureRate"]],
  ["jobs that are still being made", phase({ failed: 1, queued: 2 }, { filled: false }), []],
  ["rollbacks", phase({ succeeded: 95, rolledBack: 5, queued: 1 }), ["failureRate", "rollbackRate"]],
  [
    "failed downloads",
    phase({ succeeded: 90, failed: 10, downloadFailed: 10, queued: 1 }),
    ["failureRate", "downloadFailureRate"],
  ],
  [
    "one unit that does not come back",
    phase({ failed: 1, unrecoverable: 1, queued: 999 }),
    ["unrecoverable"],
  ],
  [
    "what an operator has seen and went on from",
    phase(
      { succeeded: 50, failed: 5, unrecoverable: 1, queued: 9 },
      { fresh: { ...NO_JOBS, succeeded: 20 } },
    ),
    [],
  ],
  [
    "further failures since",
    phase({ succeeded: 50, failed: 6, queued: 9 }, { fresh: { ...NO_JOBS, succeeded: 20, failed: 1 } }),
    ["failureRate"],
  ],
])("C7 the kill switch after %s", (_name, one, expected) => {
  expect(kinds(one)).toEqual(expected);
});

test("C7 two phases tripping together still pause", () => {
  const bad = { succeeded: 10, failed: 10, queued: 10 };
  const reasons = haltReasons([phase(bad), phase(bad, { name: "Region" })], HALT_DEFAULTS);
  expect(reasons.map((reason) => "phase" in reason && reason.phase)).toEqual(["Canary", "Region"]);
});

const NUMBERS = Object.keys(NO_JOBS) as (keyof Tally)[];
const RULES = Object.keys(HALT_DEFAULTS) as (keyof HaltRules)[];
const unreadable = fc.constantFrom(Number.NaN, Infinity, -1, undefined, null, "many");

test("C7 a number that cannot be read pauses, and never continues", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NUMBERS), unreadable, (key, value) => {
      expect(kinds(phase({ succeeded: 1000, [key]: value }))).toContain("unreadable");
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...RULES), unreadable, (key, value) => {
      const rules = { ...HALT_DEFAULTS, [key]: value } as HaltRules;
      expect(kinds(phase({ succeeded: 1000 }), rules)).toContain("unreadable");
    }),
  );
});

test("C7 a rule that throws pauses", () => {
  const broken = {
    ...HALT_DEFAULTS,
    get failureRate(): number {
      throw new RangeError("broken");
    },
  };
  expect(kinds(phase({ succeeded: 1000 }), broken)).toEqual(["unreadable"]);
});

test("C7 more failures never let a campaign go on that fewer would pause", () => {
  const count = fc.nat(200);
  fc.assert(
    fc.property(count, count, fc.integer({ min: 1, max: 50 }), (succeeded, failed, more) => {
      if (kinds(phase({ succeeded, failed })).length === 0) return;
      expect(kinds(phase({ succeeded, failed: failed + more }))).not.toEqual([]);
    }),
  );
});
