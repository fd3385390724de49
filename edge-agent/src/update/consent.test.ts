import { expect, test } from "vitest";
import { facts, T0, testEcuPlan, testOffer, testPlan } from "../journal/testing.ts";
import { consentFact, nextOf } from "./consent.ts";

const HOUR_MS = 3_600_000;
const plan = testPlan(testEcuPlan("E1"));
const banner = { offer: testOffer({ consent: { mode: "banner" }, expiresAt: T0 + HOUR_MS }), plan };
const forced = { offer: testOffer({ consent: { mode: "forced", deadline: T0 + HOUR_MS } }), plan };
const silent = { offer: testOffer({ consent: { mode: "silent" } }), plan };
const none = facts();
const given = (answer: "install" | "decline", startAt: number) => facts(consentFact({ answer, startAt }));

const table: readonly (readonly [string, ReturnType<typeof nextOf>, ReturnType<typeof nextOf>])[] = [
  ["silent: never asks", nextOf(silent, none, T0), { consent: { answer: "install", startAt: T0 } }],
  ["banner: waits, looking again each minute", nextOf(banner, none, T0), { pauseMs: 60_000 }],
  ["banner: nobody answers", nextOf(banner, none, T0 + HOUR_MS), "expired"],
  ["forced: waits for the deadline", nextOf(forced, none, T0 + HOUR_MS - 5), { pauseMs: 5 }],
  [
    "forced: begins at the deadline",
    nextOf(forced, none, T0 + HOUR_MS),
    { consent: { answer: "install", startAt: T0 + HOUR_MS } },
  ],
  ["now", nextOf(banner, given("install", T0), T0), "ready"],
  ["tonight, before it is night", nextOf(banner, given("install", T0 + 10), T0), { pauseMs: 10 }],
  ["tonight, when it is night", nextOf(banner, given("install", T0 + 10), T0 + 10), "ready"],
  ["decline", nextOf(banner, given("decline", T0), T0), "declined"],
];

test.each(table)("C9 consent, %s", (_what, next, expected) => {
  expect(next).toEqual(expected);
});

test("T2 no consent outlives the metadata behind the plan", () => {
  const short = { offer: banner.offer, plan: { ...plan, validUntil: T0 + 1000 } };
  expect(nextOf(short, none, T0 + 1000)).toBe("expired");
});
