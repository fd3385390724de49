import { expect, test } from "vitest";
import { STATUS } from "./status-map.ts";

test("E11 every status has a word of at most 24 characters beside its colour", () => {
  for (const { word } of Object.values(STATUS)) {
    expect(word.length).toBeGreaterThan(2);
    expect(word.length).toBeLessThanOrEqual(24);
  }
});

test("E11 outcomes that differ in tone differ in icon too, so that no one needs to see the colour", () => {
  const outcomes = ["succeeded", "rolledBack", "failed", "safeState", "offline", "updating"] as const;
  expect(new Set(outcomes.map((name) => STATUS[name].icon)).size).toBe(outcomes.length);
});

test("E11 red is kept for what must not be driven", () => {
  const red = Object.entries(STATUS).filter(([, entry]) => entry.tone === "bad");
  expect(red.map(([name]) => name)).toEqual(["failed", "lost"]);
});
