import { expect, test } from "vitest";
import type { Statement } from "../journal/fact.ts";
import { facts, statement, T0, testEcuPlan, testOffer, testPlan } from "../journal/testing.ts";
import { openDecisions, viewJob } from "./job-view.ts";
import { type LiveProgress, noProgress, withProgress } from "./live-progress.ts";
import { nextNight } from "./next-night.ts";

const DAY_MS = 86_400_000;
const plan = testPlan(testEcuPlan("E1"), testEcuPlan("E2"));
const begun = [
  statement("offer done", { offer: testOffer({ expiresAt: T0 + 2 * DAY_MS }) }),
  statement("plan intent"),
  statement("plan done", { plan: { ...plan, validUntil: T0 + 2 * DAY_MS } }),
];

function view(statements: readonly Statement[], live: LiveProgress = noProgress, now = T0 + 1000) {
  const around = { now, vehicle: { gear: "P" as const }, live, busBytesPerSecond: 30_000 };
  return viewJob(facts(...begun, ...statements), around)!;
}

const flashing = (done: number): LiveProgress =>
  withProgress(noProgress, { kind: "bytes", step: "flash", ecuId: "E1", done, total: 8 });

test("E11 the stage is the one that was opened last", () => {
  expect(view([statement("consent intent")]).stage).toBe("consent");
  expect(view([statement("flash intent"), statement("flash done E1")]).stage).toBe("flash");
});

test("E11 an ECU shows what it does, and how far it is", () => {
  const { ecus } = view([statement("flash intent"), statement("flash intent E1")], flashing(4));
  expect(ecus).toMatchObject([
    { ecuId: "E1", status: "flashing", fraction: 0.5, fromVersion: "1.0.0", toVersion: "2.0.0" },
    { ecuId: "E2", status: "waiting" },
  ]);
});

test("E11 after a restart the facts alone say which ECUs are done", () => {
  const { ecus } = view([statement("flash intent"), statement("flash done E1")]);
  expect(ecus.map(({ status }) => status)).toEqual(["installed", "waiting"]);
});

test("E11 the unit that brought all back stays marked, the others are reverted", () => {
  const failure = { code: "CONFIRM_BOOT_FAILED", operands: {}, ecuId: "E2" } as const;
  const { ecus } = view([
    statement("activate done E1"),
    statement("activate done E2"),
    statement("confirm done E1", { ecu: "healthy" }),
    statement("confirm failed E2", { failure }),
    statement("confirm decision", { decision: "revert" }),
    statement("confirm done E1", { ecu: "reverted" }),
    statement("confirm done E2", { ecu: "reverted" }),
  ]);
  expect(ecus.map(({ status }) => status)).toEqual(["reverted", "failed"]);
});

test("E11 the work done rises with the bytes and from stage to stage", () => {
  const flash = [statement("flash intent")];
  const fractions = [
    view([statement("download intent")]).fraction,
    view(flash, flashing(1)).fraction,
    view(flash, flashing(8)).fraction,
    view([statement("activate intent")]).fraction,
    view([statement("report intent", { outcome: "succeeded" })]).fraction,
  ];
  expect(fractions.toSorted((a, b) => a - b)).toEqual(fractions);
  expect(fractions.at(-1)).toBe(1);
});

test("E7 the remaining time follows the pace of the stage once there is one", () => {
  const flash = [statement("flash intent")];
  const slow = view(flash, flashing(4), T0 + 60_000).remainingMs!;
  expect(slow).toBeGreaterThan(100_000);
  expect(view([statement("consent intent")]).remainingMs).toBeUndefined();
});

test("E11 a result is shown until the driver has seen it", () => {
  const ended = [statement("report intent", { outcome: "succeeded" }), statement("report done")];
  expect(view(ended).outcome).toMatchObject({ kind: "succeeded", reported: true, safeToDrive: true });
  expect(view([...ended, statement("report decision", { seen: true })])).toBeUndefined();
});

test("E11 a lost unit is not safe to drive with", () => {
  const failure = { code: "CONFIRM_NO_ANSWER", operands: { name: "Unit E1" }, ecuId: "E1" } as const;
  const lost = view([
    statement("confirm decision", { decision: "commit" }),
    statement("confirm failed E1", { failure }),
    statement("confirm failed", { failure }),
    statement("report intent", { outcome: "failed", failure }),
  ]);
  expect(lost.outcome).toMatchObject({ kind: "failed", safeToDrive: false, failure });
  expect(lost.ecus[0]!.status).toBe("noAnswer");
});

test("E11 a download that is paused says so, with its bytes", () => {
  const live = withProgress(
    withProgress(noProgress, { kind: "bytes", step: "download", ecuId: "E1", done: 3, total: 8 }),
    { kind: "paused", paused: true },
  );
  const { download } = view([statement("download intent")], live);
  expect(download).toEqual({ receivedBytes: 3, totalBytes: 16, paused: true });
});

test("E11 tonight is the next two o'clock at night", () => {
  const night = nextNight(T0);
  expect(new Date(night).getHours()).toBe(2);
  expect(night).toBeGreaterThan(T0);
  expect(night - T0).toBeLessThanOrEqual(DAY_MS);
  expect(nextNight(night)).toBe(night + DAY_MS);
});

const offer = (mode: "banner" | "forced" | "silent", expiresAt = T0 + 2 * DAY_MS): readonly Statement[] => [
  statement("offer done", { offer: testOffer({ consent: { mode }, expiresAt }) }),
  ...begun.slice(1),
];
const soon = nextNight(T0) - 1;

test.each([
  ["banner, consent", offer("banner"), "consent", ["now", "tonight", "decline"]],
  ["banner, offer ends before the night", offer("banner", soon), "consent", ["now", "decline"]],
  ["forced, consent", offer("forced"), "consent", ["now", "tonight"]],
  ["silent", offer("silent"), "consent", []],
  ["banner, readiness", offer("banner"), "readiness", ["tonight", "decline"]],
  ["banner, after flashing", [...offer("banner"), statement("flash done")], "readiness", []],
  ["banner, download", offer("banner"), "download", []],
] as const)("C9 E11 what may be decided: %s", (_what, statements, stage, expected) => {
  expect(openDecisions(facts(...statements), stage, T0)).toEqual(expected);
});
