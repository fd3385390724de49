import { expect, test } from "vitest";
import type { Fact, WaitAnswer } from "../journal/fact.ts";
import { facts, statement, testEcuPlan, testOffer, testPlan } from "../journal/testing.ts";
import type { Steps } from "./machine.ts";
import { runUpdate } from "./run-update.ts";

interface Script {
  readonly offered?: boolean;
  readonly toInstall?: boolean;
  readonly consent?: readonly WaitAnswer[];
  readonly patchFallsBack?: readonly boolean[];
  readonly flashFallsBack?: readonly boolean[];
  readonly readiness?: readonly WaitAnswer[];
  /** The step that fails. */
  readonly fails?: keyof Steps;
}

/** Runs the machine over steps that only note their names. */
async function path(script: Script, before: readonly Fact[] = []): Promise<string[]> {
  const visited: string[] = [];
  const answers = { consent: [...(script.consent ?? [])], readiness: [...(script.readiness ?? [])] };
  const falls = [...(script.patchFallsBack ?? [])];
  const refusals = [...(script.flashFallsBack ?? [])];
  const visit = async <T>(step: keyof Steps, result: T): Promise<T> => {
    visited.push(step);
    if (script.fails === step) throw new TypeError(step);
    return result;
  };
  const steps: Steps = {
    offer: () => visit("offer", script.offered === false ? undefined : testOffer()),
    plan: () => visit("plan", script.toInstall === false ? testPlan() : testPlan(testEcuPlan("E1"))),
    consent: () => visit("consent", answers.consent.shift() ?? "ready"),
    download: () => visit("download", undefined),
    verify: () => visit("verify", undefined),
    patch: () => visit("patch", falls.shift() ?? false),
    readiness: () => visit("readiness", answers.readiness.shift() ?? "ready"),
    flash: () => visit("flash", refusals.shift() ?? false),
    activate: () => visit("activate", undefined),
    confirm: () => visit("confirm", undefined),
    report: () => visit("report", undefined),
  };
  await runUpdate(steps, before, new AbortController().signal);
  return visited;
}

const SUPPLY = ["offer", "plan", "consent", "download", "verify", "patch"];
const START = ["readiness", "activate", "confirm", "report"];

const scripts: readonly (readonly [string, Script, readonly string[]])[] = [
  ["an update that goes well", {}, [...SUPPLY, "readiness", "flash", ...START]],
  ["no offer", { offered: false }, ["offer"]],
  ["an offer that cannot be had", { fails: "offer" }, ["offer"]],
  ["a vehicle that has everything already", { toInstall: false }, ["offer", "plan", "report"]],
  ["a plan that fails", { fails: "plan" }, ["offer", "plan", "report"]],
  ["a driver who declines", { consent: ["declined"] }, ["offer", "plan", "consent", "report"]],
  ["a driver who never answers", { consent: ["expired"] }, ["offer", "plan", "consent", "report"]],
  ["a download that fails", { fails: "download" }, [...SUPPLY.slice(0, 4), "report"]],
  ["a digest that is wrong", { fails: "verify" }, [...SUPPLY.slice(0, 5), "report"]],
  [
    "a delta that an ECU does not take",
    { flashFallsBack: [true] },
    [...SUPPLY, "readiness", "flash", "download", "verify", "patch", "readiness", "flash", ...START],
  ],
  [
    "a delta of no use",
    { patchFallsBack: [true] },
    [...SUPPLY, "download", "verify", "patch", "readiness", "flash", ...START],
  ],
  ["a vehicle that never gets ready", { fails: "readiness" }, [...SUPPLY, "readiness", "report"]],
  ["a driver who declines late", { readiness: ["declined"] }, [...SUPPLY, "readiness", "report"]],
  [
    "a driver who puts it off",
    { readiness: ["later"] },
    [...SUPPLY, "readiness", "consent", "download", "verify", "patch", "readiness", "flash", ...START],
  ],
  ["a flash that fails", { fails: "flash" }, [...SUPPLY, "readiness", "flash", "report"]],
  [
    "an activation that fails",
    { fails: "activate" },
    [...SUPPLY, "readiness", "flash", "readiness", "activate", "confirm", "report"],
  ],
  ["a confirmation that fails", { fails: "confirm" }, [...SUPPLY, "readiness", "flash", ...START]],
];

test.each(scripts)("E2 %s goes its way through the states", async (_name, script, expected) => {
  expect(await path(script)).toEqual(expected);
});

const offered = statement("offer done", { offer: testOffer() });
const planned = statement("plan done", { plan: testPlan(testEcuPlan("E1")) });

const restarts: readonly (readonly [string, readonly string[]])[] = [
  ["consent intent", ["consent", "download", "verify", "patch", "readiness", "flash", ...START]],
  ["patch intent", ["patch", "readiness", "flash", ...START]],
  ["flash intent", ["readiness", "flash", ...START]],
  ["flash done", START],
  ["activate intent", ["activate", "confirm", "report"]],
  ["confirm decision", ["confirm", "report"]],
  ["report intent", ["report"]],
];

test.each(restarts)("E2 a restart behind %s goes on from there", async (last, expected) => {
  const decision = last.startsWith("confirm") ? ({ decision: "commit" } as const) : undefined;
  const before = facts(offered, planned, statement(last, decision));
  expect(await path({}, before)).toEqual(expected);
});

test("E2 a stop rejects with its reason and enters no further state", async () => {
  const power = new AbortController();
  const entered: string[] = [];
  const never = new Promise<never>(() => {});
  const steps = new Proxy({} as Steps, {
    get: (_target, step: string) => () => {
      entered.push(step);
      return step === "offer" ? Promise.resolve(testOffer()) : never;
    },
  });
  const running = runUpdate(steps, [], power.signal);
  await new Promise((resolve) => setImmediate(resolve));
  power.abort(new DOMException("off", "AbortError"));
  await expect(running).rejects.toThrow("off");
  expect(entered).toEqual(["offer", "plan"]);
});
