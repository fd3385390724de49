import fc from "fast-check";
import { expect, test } from "vitest";
import { failedFor, GATE_DEFAULTS, isSampled, missingAt, type Gate, type GateFacts } from "./gates.ts";
import { NO_JOBS, type Tally } from "./rates.ts";

const facts = (tally: Partial<Tally>, more: Partial<GateFacts> = {}): GateFacts => ({
  tally: { ...NO_JOBS, ...tally },
  filled: true,
  sampledAt: 0,
  at: 1000,
  ...more,
});
const gate = (more: Partial<Gate> = {}): Gate => ({ ...GATE_DEFAULTS, ...more });

test.each<[string, Gate, GateFacts, string[]]>([
  ["all went well", gate(), facts({ succeeded: 200 }), []],
  ["1 of 200 failed: 99.5 %", gate(), facts({ succeeded: 199, failed: 1 }), []],
  ["1 of 199 failed", gate(), facts({ succeeded: 198, failed: 1 }), ["successRate"]],
  ["one is silent of a hundred", gate(), facts({ succeeded: 99, active: 1, silent: 1 }), ["successRate"]],
  ["the sample is not complete", gate(), facts({ succeeded: 19, queued: 9 }), ["sample"]],
  ["the sample is complete, others are under way", gate(), facts({ succeeded: 20, queued: 9 }), []],
  ["its jobs are still being made", gate(), facts({ succeeded: 20 }, { filled: false }), ["jobs", "sample"]],
  ["it must soak", gate({ soakMs: 1001 }), facts({ succeeded: 20 }), ["soak"]],
  ["it has soaked", gate({ soakMs: 1000 }), facts({ succeeded: 20 }), []],
  [
    "its sample was never complete",
    gate({ soakMs: 1 }),
    facts({ succeeded: 20 }, { sampledAt: null }),
    ["soak"],
  ],
  ["somebody must say so", gate({ manual: true }), facts({ succeeded: 20 }), ["approval"]],
  [
    "too many wait for a safe state",
    gate({ blockedShare: 0.1 }),
    facts({ succeeded: 20, active: 5, blocked: 5 }),
    ["blockedShare"],
  ],
  [
    "its own limits are lower",
    gate({ successRate: 0.5, rollbackRate: 0.05, silenceRate: 0.05, failureRate: 0.1 }),
    facts({ succeeded: 80, rolledBack: 10, silent: 10, active: 10 }),
    ["failureRate", "rollbackRate", "silenceRate"],
  ],
  ["it has no vehicles: it shows nothing", gate(), facts({}), ["sample"]],
  [
    "all but the silent ones have ended",
    gate({ successRate: 0.5 }),
    facts({ succeeded: 2, active: 1, silent: 1 }),
    [],
  ],
  ["nobody in it came to an end", gate(), facts({ declined: 30 }), ["successRate"]],
])("C6 the gate of a phase where %s", (_name, rules, given, expected) => {
  expect(missingAt(rules, given)).toEqual(expected);
});

test("C6 a finished phase is always judged, and one without a job never", () => {
  fc.assert(
    fc.property(fc.nat(50), fc.nat(50), fc.nat(50), (succeeded, failed, declined) => {
      const isEmpty = succeeded + failed + declined === 0;
      expect(isSampled(facts({ succeeded, failed, declined }), 20)).toBe(!isEmpty);
    }),
  );
});

test("C6 rates that a finished phase missed do not come right by waiting", () => {
  const over = facts({ succeeded: 9, failed: 1 });
  expect(failedFor(missingAt(gate({ manual: true }), over), over)).toEqual(["successRate"]);
  const open = facts({ succeeded: 19, failed: 1, active: 1 });
  expect(failedFor(missingAt(gate(), open), open)).toEqual([]);
});
