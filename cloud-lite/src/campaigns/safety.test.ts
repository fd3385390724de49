import { expect, test } from "vitest";
import type { SafetyPolicy } from "@halfshaft/ota-format";
import { weakenings } from "./safety.ts";

const cases: [SafetyPolicy, SafetyPolicy, string[]][] = [
  [{ parked: true }, { parked: true }, []],
  [{ parked: true, ignitionOff: true }, { parked: true }, []],
  [{}, { parked: true }, ["parked is not demanded"]],
  [{ parked: false }, { parked: true }, ["parked is not demanded"]],
  [{}, { parked: false }, []],
  [{ minBatteryVolts: 12.5 }, { minBatteryVolts: 12 }, []],
  [{ minBatteryVolts: 11 }, { minBatteryVolts: 12 }, ["minBatteryVolts is 11 in place of 12"]],
  [{}, { parked: true, minBatteryVolts: 12 }, ["parked is not demanded", "minBatteryVolts is not demanded"]],
];

test.each(cases)("C10 %j against %j is weaker by %j", (policy, usual, expected) => {
  expect(weakenings(policy, usual)).toEqual(expected);
});
