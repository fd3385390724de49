import { describe, expect, test } from "vitest";
import {
  activate,
  beginProgramming,
  commit,
  decideBoot,
  markVerified,
  revert,
  type BootRecord,
} from "./boot.ts";

/** `A verified/none` → a record with release counter 5. */
function record(text: string): BootRecord {
  const [committed, phase, outcome] = text.split(/[ /]/);
  return { committed, phase, outcome, releaseCounter: 5 } as BootRecord;
}

const text = ({ committed, phase, outcome }: BootRecord): string => `${committed} ${phase}/${outcome}`;

describe("S2 boot", () => {
  test.each([
    // before                 intact  runs  after
    ["A idle/none           ", "A ", "A", "A idle/none"],
    ["A idle/committed      ", "A ", "A", "A idle/committed"],
    ["B idle/committed      ", "AB", "B", "B idle/committed"],
    ["A verified/none       ", "AB", "A", "A verified/none"],
    ["A verified/reverted   ", "AB", "A", "A verified/reverted"],
    ["A verified/fallback   ", "AB", "A", "A verified/fallback"],
    ["A armed/none          ", "AB", "B", "A trial/none"],
    ["B armed/none          ", "AB", "A", "B trial/none"],
    ["A armed/none          ", "A ", "A", "A idle/fallback"],
    ["A armed/none          ", "B ", "B", "A trial/none"],
    ["A trial/none          ", "AB", "A", "A verified/fallback"],
    ["B trial/none          ", "AB", "B", "B verified/fallback"],
    ["A trial/none          ", "B ", "-", "A verified/fallback"],
    ["A idle/none           ", "  ", "-", "A idle/none"],
    ["A verified/none       ", "B ", "-", "A verified/none"],
  ])("%s with %s intact starts %s and becomes %s", (before, intact, runs, after) => {
    const decision = decideBoot(record(before.trim()), (bank) => intact.includes(bank));
    expect(decision.run ?? "-").toBe(runs);
    expect(text(decision.record)).toBe(after);
  });

  test("never changes the committed bank or the release counter", () => {
    for (const phase of ["idle", "verified", "armed", "trial"]) {
      const { record: after } = decideBoot(record(`A ${phase}/none`), () => true);
      expect(after).toMatchObject({ committed: "A", releaseCounter: 5 });
    }
  });
});

describe("S2 decisions", () => {
  const decisions = {
    beginProgramming,
    markVerified,
    activate,
    commit: (before: BootRecord) => commit(before, 7),
    revert,
  };
  test.each([
    ["beginProgramming", "A idle/committed", "A idle/none"],
    ["beginProgramming", "A verified/fallback", "A idle/none"],
    ["beginProgramming", "A armed/none", "A idle/none"],
    ["markVerified", "A idle/none", "A verified/none"],
    ["markVerified", "A idle/fallback", "A verified/none"],
    ["markVerified", "A armed/none", "A armed/none"],
    ["activate", "A verified/none", "A armed/none"],
    ["activate", "A verified/fallback", "A armed/none"],
    ["activate", "A verified/reverted", "A armed/none"],
    ["activate", "A armed/none", "A armed/none"],
    ["activate", "A trial/none", "A trial/none"],
    ["activate", "B idle/committed", "B idle/committed"],
    ["activate", "A idle/none", "refused"],
    ["activate", "A idle/fallback", "refused"],
    ["commit", "A trial/none", "B idle/committed"],
    ["commit", "B trial/none", "A idle/committed"],
    ["commit", "B idle/committed", "B idle/committed"],
    ["commit", "A idle/none", "refused"],
    ["commit", "A verified/none", "refused"],
    ["commit", "A verified/fallback", "refused"],
    ["commit", "A armed/none", "refused"],
    ["revert", "A trial/none", "A verified/reverted"],
    ["revert", "A armed/none", "A verified/reverted"],
    ["revert", "A verified/reverted", "A verified/reverted"],
    ["revert", "A verified/fallback", "A verified/fallback"],
    ["revert", "A idle/none", "A idle/none"],
    ["revert", "B idle/committed", "B idle/committed"],
  ] as const)("%s makes of %s %s", (decision, before, after) => {
    const result = decisions[decision](record(before));
    expect(result === undefined ? "refused" : text(result)).toBe(after);
  });

  test("commit burns the image's release counter", () => {
    expect(commit(record("A trial/none"), 7)?.releaseCounter).toBe(7);
  });

  test("commit never lowers the burned release counter", () => {
    expect(commit(record("A trial/none"), 2)?.releaseCounter).toBe(5);
  });
});
