import { expect, test } from "vitest";
import type { SafetyPolicy } from "@halfshaft/ota-format";
import { checkSafety, weakenings } from "./safety.ts";

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

const night = { from: "22:00", to: "05:00" };

test.each<[SafetyPolicy, object]>([
  [{ timeWindow: { ...night, to: "22:00" } }, { code: "SAFETY_UNFIT" }],
  [{ minTemperatureC: 11, maxTemperatureC: 10 }, { code: "SAFETY_UNFIT" }],
  [{ timeWindow: { ...night, timeZone: "Mars/Base" } }, { code: "TIME_ZONE_UNKNOWN" }],
  [{ timeWindow: { ...night, timeZone: "" } }, { message: 'There is no time zone "".' }],
])("C10 %j is refused: no vehicle can ever fulfil it", (policy, refusal) => {
  expect(() => checkSafety(policy)).toThrow(expect.objectContaining(refusal));
});

test.each<[SafetyPolicy]>([
  [{ parked: true }],
  [{ minTemperatureC: 10, maxTemperatureC: 10 }],
  [{ maxTemperatureC: -60 }],
  [{ timeWindow: night }],
  [{ timeWindow: { ...night, timeZone: "Europe/Oslo" } }],
])("C10 %j can be fulfilled", (policy) => {
  expect(() => checkSafety(policy)).not.toThrow();
});

test.each(cases)("C10 %j against %j is weaker by %j", (policy, usual, expected) => {
  expect(weakenings(policy, usual)).toEqual(expected);
});
