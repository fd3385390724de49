import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { registerVehicle, testCloud, type TestCloud } from "../testing.ts";
import { shareWrites, type SharedWrite } from "./shared-writes.ts";
import type { VehicleReport } from "./writes.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
  for (const vehicleId of ["car", "bus", "van"]) await registerVehicle(fixture, vehicleId);
});
afterEach(() => fixture.close());

const reportOf = (vehicleId: string, organisationId = DEFAULT_ORGANISATION): VehicleReport => ({
  actor: { kind: "vehicle", organisationId, vehicleId, credentialId: "c" },
  requestId: `request-${vehicleId}`,
});

const idsOf = (reports: readonly VehicleReport[]): string[] => reports.map(({ actor }) => actor.vehicleId);

/** Notes who shared each transaction, and answers each report with its vehicle's id. */
function sharing(given: Partial<SharedWrite<VehicleReport, string>> = {}) {
  const groups: string[][] = [];
  const share = shareWrites<VehicleReport, string>(() => fixture.cloud, {
    most: 100,
    run: async (_works, reports) => {
      groups.push(idsOf(reports));
      return idsOf(reports);
    },
    ...given,
  });
  return { share, groups };
}

test("A8 what comes while a transaction is on its way shares the next one, and each gets its own answer", async () => {
  const underWay = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const groups: string[][] = [];
  const { share } = sharing({
    run: async (_works, reports) => {
      groups.push(idsOf(reports));
      underWay.resolve();
      await released;
      return idsOf(reports);
    },
  });
  const first = share(reportOf("car"));
  await underWay.promise;
  const later = [share(reportOf("bus")), share(reportOf("van"))];
  release();
  expect(await Promise.all([first, ...later])).toEqual(["car", "bus", "van"]);
  expect(groups).toEqual([["car"], ["bus", "van"]]);
});

test("A8 a transaction takes as many reports as it may, and at least one", async () => {
  const { share, groups } = sharing({
    most: 2,
    sizeOf: ({ actor }) => (actor.vehicleId === "bus" ? 3 : 1),
  });
  await Promise.all(["car", "van", "bus", "car"].map((id) => share(reportOf(id))));
  expect(groups).toEqual([["car", "van"], ["bus"], ["car"]]);
});

test("A4 vehicles of two organisations never share a transaction", async () => {
  const { share, groups } = sharing();
  await Promise.all([share(reportOf("car")), share(reportOf("car", "other")), share(reportOf("bus"))]);
  expect(groups).toEqual([["car"], ["car"], ["bus"]]);
});

test("A8 a report that fails costs the others of its transaction nothing", async () => {
  const { share } = sharing({
    run: async (works, reports) => {
      for (const [index, { actor }] of reports.entries()) {
        const subject = { subjectKind: "vehicle", subjectId: actor.vehicleId, payload: null };
        await works[index]!.audit({ action: "vehicle.changed", ...subject });
      }
      if (idsOf(reports).includes("bus")) throw new Error("not this one");
      return idsOf(reports);
    },
  });
  const outcomes = await Promise.allSettled(["car", "bus", "van"].map((id) => share(reportOf(id))));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const entries = await fixture.cloud.db
    .selectFrom("auditEntries")
    .select(["actorId", "requestId"])
    .where("action", "=", "vehicle.changed")
    .orderBy("seq")
    .execute();
  expect(entries).toEqual([
    { actorId: "car", requestId: "request-car" },
    { actorId: "van", requestId: "request-van" },
  ]);
});
