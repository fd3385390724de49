import fc from "fast-check";
import { WallTime } from "@halfshaft/ota-format";
import { expect, test } from "vitest";
import { consentIn, policyIn } from "./local-policy.ts";

const utc = (text: string): number => Date.parse(`${text}Z`);
const NOON = utc("2026-06-10T12:00:00");

test.each<[string, string, string, string]>([
  ["Europe/Oslo", "02:30", "2026-06-10T12:00:00", "2026-06-10T00:30:00"],
  ["America/Los_Angeles", "02:30", "2026-06-10T12:00:00", "2026-06-10T09:30:00"],
  ["Asia/Tokyo", "02:30", "2026-06-10T12:00:00", "2026-06-09T17:30:00"],
  ["Asia/Kolkata", "23:00", "2026-06-10T12:00:00", "2026-06-09T17:30:00"],
  ["UTC", "12:00", "2026-06-10T12:00:00", "2026-06-10T12:00:00"],
  // The night in which the clocks go back, and the one in which they go forward.
  ["Europe/Oslo", "04:00", "2026-10-25T12:00:00", "2026-10-25T03:00:00"],
  ["Europe/Oslo", "04:00", "2026-03-29T12:00:00", "2026-03-29T02:00:00"],
])("C9 in %s at %s, not after %s, is %s", (timeZone, timeOfDay, deadline, expected) => {
  const policy = { mode: "forced", deadline: utc(deadline), timeOfDay } as const;
  expect(consentIn(policy, timeZone, 0)).toEqual({ mode: "forced", deadline: utc(expected) });
});

test("C9 where no such time is left, the deadline itself holds", () => {
  const policy = { mode: "forced", deadline: NOON, timeOfDay: "02:30" } as const;
  expect(consentIn(policy, "Europe/Oslo", NOON - 1000)).toEqual({ mode: "forced", deadline: NOON });
});

test("C9 without a deadline a time of day says nothing", () => {
  expect(consentIn({ mode: "banner", timeOfDay: "02:30" }, "UTC", 0)).toEqual({ mode: "banner" });
});

test("C9 in a zone that nobody knows the time of day is UTC", () => {
  const policy = { mode: "forced", deadline: NOON, timeOfDay: "02:30" } as const;
  for (const zone of ["Nowhere/Else", undefined]) {
    expect(consentIn(policy, zone, 0).deadline).toBe(utc("2026-06-10T02:30:00"));
  }
});

test("C9 in every zone, at every deadline, the last such time is not after it", () => {
  const zones = [...Intl.supportedValuesOf("timeZone"), "Etc/GMT-14", "Etc/GMT+12", "UTC"];
  const { minimum, maximum } = WallTime as { minimum?: number; maximum?: number };
  const time = fc.integer({ min: minimum, max: maximum ?? Number.MAX_SAFE_INTEGER });
  const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
  fc.assert(
    fc.property(fc.constantFrom(...zones), time, minute, (zone, deadline, of) => {
      const clock = [Math.floor(of / 60), of % 60].map((part) => String(part).padStart(2, "0"));
      const policy = { mode: "forced", deadline, timeOfDay: clock.join(":") } as const;
      const last = consentIn(policy, zone, 0).deadline!;
      expect(last).toBeLessThanOrEqual(deadline);
      expect(last).toBeGreaterThan(deadline - 50 * 3_600_000);
    }),
    {
      examples: [
        ["Etc/GMT-14", maximum!, 1439],
        ["Etc/GMT+12", maximum!, 0],
        ["Etc/GMT+12", 0, 1439],
      ],
    },
  );
});

test.each([
  ["Asia/Tokyo", undefined, "Asia/Tokyo"],
  ["Asia/Tokyo", "Europe/Oslo", "Europe/Oslo"],
  ["Nowhere/Else", undefined, undefined],
])("C10 a time window in %s with the zone %s is in %s", (vehicle, asked, expected) => {
  const timeWindow = { from: "01:00", to: "04:00", ...(asked ? { timeZone: asked } : {}) };
  expect(policyIn({ parked: true, timeWindow }, vehicle).timeWindow?.timeZone).toBe(expected);
});
