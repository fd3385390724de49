import fc from "fast-check";
import { expect, test } from "vitest";
import {
  covers,
  exceeding,
  narrow,
  PERMISSIONS,
  rolesWith,
  ROLES,
  scopesOf,
  type Grant,
  type Permission,
  type Role,
} from "./grants.ts";

const may: [Role, Permission, boolean][] = [
  ["viewer", "fleet.read", true],
  ["viewer", "fleet.write", false],
  ["viewer", "audit.read", false],
  ["operator", "campaign.write", true],
  ["operator", "campaign.approve", false],
  ["operator", "safety.weaken", false],
  ["approver", "campaign.approve", true],
  ["approver", "campaign.write", false],
  ["approver", "audit.read", true],
  ["admin", "access.manage", true],
  ["admin", "campaign.approve", true],
];

test.each(may)("A4 the role %s and %s: %s", (role, permission, allowed) => {
  expect(scopesOf([{ role, scope: {} }], permission).length > 0).toBe(allowed);
  expect(rolesWith(permission).includes(role)).toBe(allowed);
});

test("A4 roles of two groups don't merge into more than each", () => {
  const grants: Grant[] = [
    { role: "operator", scope: { regions: ["EU"] } },
    { role: "approver", scope: { regions: ["US"] } },
  ];
  const allowed = (permission: Permission, region: string): boolean =>
    covers(scopesOf(grants, permission), { region });
  expect([allowed("campaign.write", "EU"), allowed("campaign.write", "US")]).toEqual([true, false]);
  expect([allowed("campaign.approve", "EU"), allowed("campaign.approve", "US")]).toEqual([false, true]);
});

test("A4 a scope by region and one by model don't merge into the vehicles of either", () => {
  const scopes = scopesOf(
    [
      { role: "viewer", scope: { regions: ["EU"], models: ["M1"] } },
      { role: "viewer", scope: { regions: ["US"], models: ["M2"] } },
    ],
    "fleet.read",
  );
  expect(covers(scopes, { region: "EU", model: "M1" })).toBe(true);
  expect(covers(scopes, { region: "EU", model: "M2" })).toBe(false);
});

test("A4 a vehicle without a region is in no scope that names regions", () => {
  expect(covers([{ regions: ["EU"] }], { region: null, model: "M1" })).toBe(false);
  expect(covers([{ models: ["M1"] }], { region: null, model: "M1" })).toBe(true);
});

test("A4 audit, access and the cloud itself are not given by a grant with a scope", () => {
  const scoped: Grant[] = [{ role: "admin", scope: { regions: ["EU"] } }];
  for (const permission of ["audit.read", "access.manage", "cloud.operate"] as const) {
    expect(scopesOf(scoped, permission)).toEqual([]);
  }
  expect(scopesOf(scoped, "fleet.write")).toEqual([{ regions: ["EU"] }]);
});

const values = (...all: string[]) => fc.option(fc.subarray(all, { minLength: 1 }), { nil: undefined });
const someGrants = fc.array(
  fc.record({
    role: fc.constantFrom(...ROLES),
    scope: fc.record({ regions: values("EU", "US", "JP"), models: values("M1", "M2") }),
  }),
  { maxLength: 4 },
);
const someVehicle = fc.record({
  region: fc.constantFrom("EU", "US", "JP", null),
  model: fc.constantFrom("M1", "M2", null),
});

test("A4 what is narrowed allows exactly what both allow", () => {
  fc.assert(
    fc.property(someGrants, someGrants, someVehicle, (grants, bounds, vehicle) => {
      const both = narrow(grants, bounds);
      for (const permission of PERMISSIONS) {
        const allows = (held: readonly Grant[]): boolean => covers(scopesOf(held, permission), vehicle);
        expect(allows(both)).toBe(allows(grants) && allows(bounds));
      }
    }),
  );
});

test("A4 grants that exceed nothing allow nothing more", () => {
  fc.assert(
    fc.property(someGrants, someGrants, someVehicle, (grants, own, vehicle) => {
      fc.pre(exceeding(grants, own) === undefined);
      for (const permission of PERMISSIONS) {
        if (!covers(scopesOf(grants, permission), vehicle)) continue;
        expect(covers(scopesOf(own, permission), vehicle)).toBe(true);
      }
    }),
  );
});

test.each<[Grant, Grant, boolean]>([
  [{ role: "viewer", scope: {} }, { role: "operator", scope: {} }, false],
  [{ role: "approver", scope: {} }, { role: "operator", scope: {} }, true],
  [{ role: "viewer", scope: {} }, { role: "admin", scope: { regions: ["EU"] } }, true],
  [
    { role: "viewer", scope: { regions: ["EU"] } },
    { role: "admin", scope: { regions: ["EU", "US"] } },
    false,
  ],
  [{ role: "viewer", scope: { models: ["M1"] } }, { role: "admin", scope: { regions: ["EU"] } }, true],
])("A4 %j exceeds %j: %s", (grant, own, exceeds) => {
  expect(exceeding([grant], [own]) !== undefined).toBe(exceeds);
});
