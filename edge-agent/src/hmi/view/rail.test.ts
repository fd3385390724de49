import { STEPS } from "@halfshaft/ota-format";
import { expect, test } from "vitest";
import type { JobState } from "../../gateway-state.ts";
import { fixtures } from "../fixtures.ts";
import { en } from "../texts.en.ts";
import { railView } from "./rail.ts";

const { job } = fixtures.offer;
const LETTER = { done: "#", now: "o", todo: "." };
const drawn = (changes: Partial<JobState>) =>
  railView({ ...job, ...changes }, en)
    .steps.map(({ state }) => LETTER[state])
    .join("");

test.each([
  ["offer", "o........"],
  ["plan", "#o......."],
  ["consent", "o#......."],
  ["download", "##o......"],
  ["verify", "###o....."],
  ["patch", "####o...."],
  ["readiness", "#####o..."],
  ["flash", "#####o..."],
  ["activate", "######o.."],
  ["confirm", "#######o."],
  ["report", "########o"],
] as const)("E2 the stage %s stands at %s", (stage, rail) => {
  expect(drawn({ stage })).toBe(rail);
});

test("E2 readiness before activation stands at activate", () => {
  const ecus = job.ecus.map((ecu) => ({ ...ecu, status: "installed" as const }));
  expect(drawn({ stage: "readiness", ecus })).toBe("######o..");
});

test.each([
  ["success", "#########"],
  ["rollback", "#######o#"],
  ["refused", "###o....#"],
  ["declined", "o.......#"],
] as const)("E2 the outcome %s stands at %s", (name, rail) => {
  expect(drawn(fixtures[name].job)).toBe(rail);
});

test("E2 the nine steps are the nine words, in order", () => {
  expect(railView(job, en).steps.map(({ word }) => word.toLowerCase())).toEqual([...STEPS]);
});

test("E2 without a job nothing is done and nothing is now", () => {
  expect(railView(undefined, en)).toMatchObject({ title: "No update running" });
});
