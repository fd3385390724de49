import { afterEach, beforeEach, expect, test } from "vitest";
import {
  firmware,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import { findJobRow, holdJob, openJobs } from "./store.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

test("C8 an offer that is taken back while its vehicle reports stays taken back", async () => {
  await registerVehicle(fixture, "car");
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const { db } = fixture.cloud;
  const [read] = await openJobs(db, DEFAULT_ORGANISATION, "car");
  await db
    .updateTable("jobs")
    .set({ withdrawnAt: 5, status: "expired" })
    .where("jobId", "=", read!.jobId)
    .execute();
  const held = await db.transaction().execute((tx) => holdJob(tx, read!));
  expect(held.withdrawnAt).toBe(5);
});

test("C8 who holds a job keeps others from changing it until the end", async () => {
  await registerVehicle(fixture, "car");
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const { db } = fixture.cloud;
  const [read] = await openJobs(db, DEFAULT_ORGANISATION, "car");
  const order: string[] = [];
  let other: Promise<void> | undefined;
  await db.transaction().execute(async (tx) => {
    await holdJob(tx, read!);
    other = db
      .updateTable("jobs")
      .set({ withdrawnAt: 5 })
      .where("jobId", "=", read!.jobId)
      .execute()
      .then(() => void order.push("taken back"));
    await findJobRow(db, DEFAULT_ORGANISATION, read!.jobId);
    order.push("reported");
  });
  await other;
  expect(order).toEqual(["reported", "taken back"]);
});
