import { expect, test } from "vitest";
import type { Configuration, ReportedState } from "@halfshaft/ota-format";
import {
  compareSettings,
  ecuConfiguration,
  effectiveState,
  movedSettings,
  type StateBody,
} from "./desired-state-rules.ts";

const vehicle = (settings: Configuration): StateBody => ({ configuration: { vehicle: settings } });

test.each<[string, [string, StateBody][], StateBody | undefined, Configuration]>([
  ["nothing", [], undefined, {}],
  ["one group", [["a", vehicle({ x: 1 })]], undefined, { x: 1 }],
  [
    "a later name wins",
    [
      ["b", vehicle({ x: 2 })],
      ["a", vehicle({ x: 1, y: 1 })],
    ],
    undefined,
    { x: 2, y: 1 },
  ],
  [
    "capitals come first",
    [
      ["a", vehicle({ x: 1 })],
      ["B", vehicle({ x: 2 })],
    ],
    undefined,
    { x: 1 },
  ],
  ["the vehicle's own wins over all", [["z", vehicle({ x: 1, y: 1 })]], vehicle({ x: 9 }), { x: 9, y: 1 }],
  ["null takes away", [["a", vehicle({ x: 1, y: 1 })]], vehicle({ x: null }), { y: 1 }],
  ["values are replaced whole", [["a", vehicle({ x: { p: 1 } })]], vehicle({ x: { q: 2 } }), { x: { q: 2 } }],
])("D8 effective settings of a vehicle: %s", (_case, groups, own, expected) => {
  const named = groups.map(([name, body]) => ({ name, body }));
  expect(effectiveState(named, own).vehicle).toEqual(expected);
  expect(JSON.stringify(effectiveState(named.toReversed(), own))).toBe(
    JSON.stringify(effectiveState(named, own)),
  );
});

test("D8 software is wanted by hardware, and the vehicle's own word counts", () => {
  const groups: { name: string; body: StateBody }[] = [
    { name: "a", body: { software: { "HW-1": { version: "1.0.0" }, "HW-2": { version: "1.0.0" } } } },
    { name: "b", body: { software: { "HW-2": { version: "2.0.0" } } } },
  ];
  expect(effectiveState(groups, { software: { "HW-1": { releaseId: "r" } } }).software).toEqual({
    "HW-1": { releaseId: "r" },
    "HW-2": { version: "2.0.0" },
  });
});

test("D8 an ECU gets what holds for its type, then what names it alone", () => {
  const ecus = { "HW-1": { x: 1, y: 1 }, "SER-1": { x: 2 } };
  const state = effectiveState([{ name: "a", body: { configuration: { ecus } } }], undefined);
  expect(ecuConfiguration(state, { ecuId: "SER-1", hardwareId: "HW-1" })).toEqual({ x: 2, y: 1 });
  expect(ecuConfiguration(state, { ecuId: "SER-2", hardwareId: "HW-1" })).toEqual({ x: 1, y: 1 });
});

test("D8 settings that move to an ECU leave its own as they are", () => {
  const state: StateBody = {
    software: { "HW-1": { version: "1.0.0" } },
    configuration: { vehicle: { limit: 80 }, ecus: { old: { x: 1, y: 1 }, new: { x: 2 }, other: { z: 1 } } },
  };
  expect(movedSettings(state, "old", "new")).toEqual({
    ...state,
    configuration: { vehicle: { limit: 80 }, ecus: { new: { x: 2, y: 1 }, other: { z: 1 } } },
  });
});

const report = (more: Partial<ReportedState>): ReportedState => ({
  at: 1,
  revision: "now",
  configuration: {},
  ecus: {},
  refused: [],
  ...more,
});

test.each<[string, ReportedState | undefined, string]>([
  ["nothing was reported", undefined, "pending"],
  ["another value is set", report({ configuration: { limit: 90 } }), "pending"],
  ["it is set", report({ configuration: { limit: 80 } }), "applied"],
  ["it is set, by an earlier state", report({ revision: "before", configuration: { limit: 80 } }), "applied"],
  ["it is refused", report({ refused: [{ key: "limit", reason: "no" }] }), "refused"],
  [
    "it was refused in an earlier state",
    report({ revision: "before", refused: [{ key: "limit", reason: "no" }] }),
    "pending",
  ],
  ["an ECU refuses the like", report({ refused: [{ ecuId: "E", key: "limit", reason: "no" }] }), "pending"],
])("D8 a setting is reconciled: %s", (_case, reported, state) => {
  expect(compareSettings({ limit: 80 }, reported, { revision: "now" })).toMatchObject([
    { key: "limit", state },
  ]);
});
