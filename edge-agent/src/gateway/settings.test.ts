import type { DesiredState, ReportedState } from "@halfshaft/ota-format";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { MemoryLevel } from "memory-level";
import { beforeEach, expect, test } from "vitest";
import { DurableStore } from "../journal/durable-store.ts";
import { Settings } from "./settings.ts";

const { signal } = new AbortController();
const engine = { ecuId: "ENG-1", hardwareId: "HW-1", configuration: {} };
const state = (revision: string, limit: number): DesiredState => ({
  revision,
  configuration: { limit },
  ecus: [engine],
});

let store: DurableStore;
let wanted: DesiredState;
let isReachable: boolean;
let reports: ReportedState[];
let asked: (string | undefined)[];
beforeEach(() => {
  store = new DurableStore(new MemoryLevel(), new VirtualClock());
  wanted = state("first", 80);
  isReachable = true;
  reports = [];
  asked = [];
});

const open = (): Promise<Settings> =>
  Settings.open({
    store,
    now: () => 1,
    cloud: {
      desiredState(etag) {
        asked.push(etag);
        const isNews = etag !== wanted.revision;
        return Promise.resolve(isNews ? { etag: wanted.revision, state: wanted } : undefined);
      },
      putReportedState(report) {
        if (!isReachable) return Promise.reject(new TypeError("no route"));
        reports.push(report);
        return Promise.resolve();
      },
    },
  });

test("D8 the vehicle keeps the settings that it should have, and reports them once", async () => {
  const settings = await open();
  await settings.refresh(signal);
  await settings.refresh(signal);
  expect(settings.current).toEqual({ limit: 80 });
  expect(reports).toEqual([
    { at: 1, revision: "first", configuration: { limit: 80 }, ecus: {}, refused: [] },
  ]);
  expect(asked).toEqual([undefined, "first"]);
});

test("D8 settings outlive a restart, and so does a report that could not be sent", async () => {
  isReachable = false;
  await expect((await open()).refresh(signal)).rejects.toThrow("no route");
  const again = await open();
  expect(again.current).toEqual({ limit: 80 });
  isReachable = true;
  await again.refresh(signal);
  expect(reports).toMatchObject([{ revision: "first" }]);
});

test("D8 settings of an ECU are refused with a reason", async () => {
  wanted = { ...wanted, ecus: [{ ...engine, configuration: { idle: 800 } }] };
  await (await open()).refresh(signal);
  expect(reports[0]!.refused).toEqual([
    { ecuId: "ENG-1", key: "idle", reason: "this gateway has no way to set an ECU" },
  ]);
});
