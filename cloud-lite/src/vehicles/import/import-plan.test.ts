import fc from "fast-check";
import { expect, test } from "vitest";
import { planUpdate, type ExistingVehicle, type Plan, type BuiltVehicle } from "./import-plan.ts";
import type { AsBuiltVehicle } from "./import-record.ts";
import type { Members } from "../members.ts";
import type { EcuRow } from "../store.ts";

const NOBODY: Members = { groups: [], tags: [], attributes: {} };

const ecu = (more: Partial<EcuRow>): EcuRow => ({
  organisationId: "o",
  vehicleId: "car",
  ecuId: "E-1",
  name: "Engine",
  hardwareId: "HW",
  kind: "uds",
  position: 0,
  version: null,
  versionKey: null,
  imageSha256: null,
  releaseCounter: null,
  activeBank: null,
  bootState: null,
  reportedAt: null,
  hardwareRevision: null,
  builtVersion: null,
  builtSha256: null,
  softwareAt: null,
  ...more,
});

const known = (
  more: Partial<Omit<ExistingVehicle, "row">> & { row?: Partial<BuiltVehicle> } = {},
): ExistingVehicle => ({
  members: NOBODY,
  ecus: [ecu({})],
  formerEcuIds: new Set(),
  ...more,
  row: {
    organisationId: "o",
    vehicleId: "car",
    vin: null,
    model: null,
    trim: null,
    year: null,
    region: null,
    owner: null,
    timeZone: null,
    ...more.row,
  },
});

const engine = { ecuId: "E-1", name: "Engine", hardwareId: "HW" };

test.each<[string, AsBuiltVehicle, ExistingVehicle, Partial<Plan>]>([
  ["nothing new", { vehicleId: "car", ecus: [engine] }, known(), { kind: "unchanged" }],
  ["an ECU that the row lacks stays", { vehicleId: "car" }, known(), { kind: "unchanged" }],
  [
    "another region",
    { vehicleId: "car", region: "eu" },
    known({ row: { region: "us" } }),
    { kind: "update", columns: { region: "eu" } },
  ],
  [
    "a further group",
    { vehicleId: "car", groups: ["b"] },
    known({ members: { ...NOBODY, groups: ["a"] } }),
    { kind: "update", members: { groups: ["a", "b"] } },
  ],
  [
    "another hardware revision",
    { vehicleId: "car", ecus: [{ ...engine, hardwareRevision: "C3" }] },
    known({ ecus: [ecu({ hardwareRevision: "C2" })] }),
    { kind: "update", changedEcus: [{ ...engine, hardwareRevision: "C3", kind: "uds" }] },
  ],
  [
    "a newer version was reported since",
    { vehicleId: "car", ecus: [{ ...engine, version: "1.0.0" }] },
    known({ ecus: [ecu({ builtVersion: "1.0.0", version: "2.0.0", reportedAt: 1 })] }),
    { kind: "unchanged" },
  ],
  [
    "the ECU that was built in was replaced since",
    { vehicleId: "car", ecus: [{ ...engine, ecuId: "E-0" }] },
    known({ formerEcuIds: new Set(["E-0"]) }),
    { kind: "unchanged" },
  ],
])("D2 what a row does to a vehicle that is there: %s", (_case, row, existing, plan) => {
  expect(planUpdate(row, existing)).toMatchObject(plan);
});

test("D2 another serial under the name of an ECU is refused, for nobody has approved an exchange", () => {
  const plan = planUpdate({ vehicleId: "car", ecus: [{ ...engine, ecuId: "E-2" }] }, known());
  expect(plan).toMatchObject({ kind: "refuse", problem: { code: "ECU_NAME_TAKEN" } });
});

const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });

test("D2 a row that was taken changes nothing any more", () => {
  fc.assert(
    fc.property(names, names, names, (had, groups, tags) => {
      const row: AsBuiltVehicle = { vehicleId: "car", model: "M", groups, tags, attributes: { line: "1" } };
      const before = known({ members: { groups: had, tags: had, attributes: {} } });
      const plan = planUpdate(row, before);
      const done = plan.kind === "update" ? plan : { columns: {}, members: {} };
      const after = known({ row: done.columns, members: { ...before.members, ...done.members } });
      expect(planUpdate(row, after)).toEqual({ kind: "unchanged" });
      for (const group of had) expect(after.members.groups).toContain(group);
    }),
  );
});
