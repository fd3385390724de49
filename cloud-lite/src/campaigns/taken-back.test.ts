import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";
import { act, registerFleet, settled, startNew, type TestFleet } from "./fleet.testing.ts";

let cloud: TestCloud;
let fleet: TestFleet;
beforeEach(async () => {
  cloud = await testCloud();
  fleet = await registerFleet(cloud, 2);
});
afterEach(() => cloud.close());

const startWithBanner = (more: object = {}): Promise<string> =>
  startNew(cloud, { consent: { mode: "banner" }, ...more });
const isTakenBack = (vehicleId: string): Promise<void> =>
  fleet.end(vehicleId, "expired", "CONSENT_WITHDRAWN");

test("C7 a pause wakes vehicles that wait for their drivers, and takes their offers back", async () => {
  const campaignId = await startWithBanner();
  await fleet.waitForDriver("car-0000");
  cloud.wokenUp.length = 0;
  await act(cloud, campaignId, "pause");
  expect(cloud.wokenUp).toEqual(["car-0000"]);
  expect(await fleet.offer("car-0000")).toBeNull();
});

test("C7 the kill switch takes back what drivers have not answered", async () => {
  const campaignId = await startWithBanner();
  await fleet.waitForDriver("car-0000");
  await fleet.end("car-0001", "failed", "CONFIRM_NO_ANSWER");
  expect((await settled(cloud, campaignId)).state).toBe("paused");
  expect(await fleet.offer("car-0000")).toBeNull();
});

test("C8 what a pause took back from a driver is offered again, as a further attempt, once the campaign goes on", async () => {
  const campaignId = await startWithBanner();
  await fleet.waitForDriver("car-0000");
  await act(cloud, campaignId, "pause");
  await isTakenBack("car-0000");
  expect((await settled(cloud, campaignId)).jobs).toMatchObject({ expired: 1, queued: 1 });
  await act(cloud, campaignId, "resume");
  expect(await fleet.offer("car-0000")).toMatchObject({ campaignId, attempt: 2 });
});

test("C8 that an offer was taken back may be told when the campaign has gone on already", async () => {
  const campaignId = await startWithBanner();
  await fleet.waitForDriver("car-0000");
  await act(cloud, campaignId, "pause");
  await act(cloud, campaignId, "resume");
  await isTakenBack("car-0000");
  await settled(cloud, campaignId);
  expect(await fleet.offer("car-0000")).toMatchObject({ campaignId, attempt: 2 });
});

test("C8 what an abort took back is not offered again", async () => {
  const campaignId = await startWithBanner();
  await fleet.waitForDriver("car-0000");
  await act(cloud, campaignId, "abort");
  await isTakenBack("car-0000");
  expect(await settled(cloud, campaignId)).toMatchObject({ state: "aborted", jobs: { expired: 2 } });
  expect(await fleet.offer("car-0000")).toBeNull();
});

test("C4 a recall takes the place of a job that waits for its driver, which comes back after it", async () => {
  const low = await startWithBanner({ priority: "low" });
  await fleet.waitForDriver("car-0000");
  const recall = await startNew(cloud, { kind: "recall", priority: "critical", phases: [{ name: "All" }] });
  expect(await fleet.offer("car-0000")).toMatchObject({ campaignId: recall });
  await isTakenBack("car-0000");
  await fleet.end("car-0000", "rolledBack");
  await settled(cloud, low);
  expect(await fleet.offer("car-0000")).toMatchObject({ campaignId: low, attempt: 2 });
});
