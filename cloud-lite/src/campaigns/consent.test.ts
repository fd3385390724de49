import type { ConsentPolicy } from "@halfshaft/ota-format";
import { afterEach, beforeEach, expect, test } from "vitest";
import { firmware, keyOfUser, publishRelease, testCloud, type TestCloud } from "../testing.ts";
import { renewed } from "./consent.ts";
import { act, auditOf, makeCampaign, registerFleet, settled, type TestFleet } from "./fleet.testing.ts";
import type { Campaign, CampaignBody } from "./schema.ts";

const HOUR_MS = 3_600_000;

let cloud: TestCloud;
let fleet: TestFleet;
let releaseId: string;
let approver: string;
beforeEach(async () => {
  cloud = await testCloud({ config: { fourEyes: "on" } });
  fleet = await registerFleet(cloud, 1);
  ({ releaseId } = await publishRelease(cloud, "2.0.0", firmware(2)));
  approver = await keyOfUser(cloud, "approver", [{ role: "approver", scope: {} }]);
});
afterEach(() => cloud.close());

const create = (consent: ConsentPolicy, more: Partial<CampaignBody> = {}) =>
  cloud.call("POST", "/api/v1/campaigns", {
    body: {
      name: "X",
      releaseId,
      target: { all: true },
      consent,
      safetyPolicy: { parked: true },
      ...more,
    },
  });

/** A campaign that must be done within an hour. */
const makeForced = (more: Partial<CampaignBody> = {}): Promise<string> =>
  makeCampaign(cloud, releaseId, {
    consent: { mode: "forced", deadline: cloud.clock.at + HOUR_MS, timeOfDay: "02:30" },
    ...more,
  });

const approve = async (campaignId: string): Promise<void> => {
  await act(cloud, campaignId, "submit");
  await act(cloud, campaignId, "approve", approver);
};

test("C9 a deadline that is past is refused", async () => {
  const { at } = cloud.clock;
  expect((await create({ mode: "forced", deadline: at })).problem().code).toBe("DEADLINE_PAST");
  expect((await create({ mode: "forced", deadline: at + 1 })).status).toBe(201);
});

test.each([8_640_000_000_000_000, 1_000_000_000_000_000_000])(
  "C9 a deadline after the year 9999 is refused: %d",
  async (deadline) => {
    expect((await create({ mode: "banner", deadline, timeOfDay: "02:30" })).problem()).toMatchObject({
      status: 400,
      code: "REQUEST_INVALID",
    });
  },
);

test("C9 with the last deadline of all a vehicle still gets its offer", async () => {
  const deadline = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
  const consent = { mode: "forced", deadline, timeOfDay: "23:30" } as const;
  const campaignId = await makeCampaign(cloud, releaseId, { consent });
  await cloud.cloud.db.updateTable("vehicles").set({ timeZone: "Pacific/Kiritimati" }).execute();
  await approve(campaignId);
  await act(cloud, campaignId, "start");
  expect(await fleet.offer("car-0000")).toMatchObject({
    consent: { deadline: Date.UTC(9999, 11, 31, 9, 30) },
  });
});

test.each<[ConsentPolicy, string]>([
  [{ mode: "forced" }, "The consent policy cannot be kept: forced has no deadline."],
  [
    { mode: "banner", timeOfDay: "02:30" },
    "The consent policy cannot be kept: its time of day is that of a deadline, and it has none.",
  ],
])("C9 %j is refused", async (consent, detail) => {
  expect((await create(consent)).problem()).toMatchObject({ status: 422, code: "CONSENT_UNFIT", detail });
});

test("C9 a campaign whose deadline has passed is not submitted", async () => {
  const campaignId = await makeForced();
  cloud.clock.at += HOUR_MS;
  expect((await act(cloud, campaignId, "submit")).problem().code).toBe("DEADLINE_PAST");
  expect((await settled(cloud, campaignId)).state).toBe("draft");
});

test("C9 a campaign whose deadline has passed is not approved", async () => {
  const campaignId = await makeForced();
  await act(cloud, campaignId, "submit");
  cloud.clock.at += HOUR_MS;
  expect((await act(cloud, campaignId, "approve", approver)).problem().code).toBe("DEADLINE_PAST");
  expect((await settled(cloud, campaignId)).state).toBe("inReview");
});

test("C9 a campaign whose deadline has passed is not started", async () => {
  const campaignId = await makeForced();
  await approve(campaignId);
  cloud.clock.at += HOUR_MS;
  expect((await act(cloud, campaignId, "start")).problem().code).toBe("DEADLINE_PAST");
  expect((await settled(cloud, campaignId)).state).toBe("scheduled");
});

test("C9 a campaign whose deadline has passed does not begin by itself, and says why", async () => {
  const campaignId = await makeForced({ startAt: cloud.clock.at + 2 * HOUR_MS });
  await approve(campaignId);
  cloud.clock.at += 2 * HOUR_MS;
  expect(await settled(cloud, campaignId)).toMatchObject({
    state: "paused",
    haltedFor: [{ kind: "deadlinePast" }],
  });
  expect((await auditOf(cloud, campaignId)).at(-1)).toMatchObject({
    action: "campaign.halted",
    payload: { reasons: [{ kind: "deadlinePast" }] },
  });
});

test("C9 a campaign that did not begin for its deadline does not begin by resume either", async () => {
  const campaignId = await makeForced({ startAt: cloud.clock.at + 2 * HOUR_MS });
  await approve(campaignId);
  cloud.clock.at += 2 * HOUR_MS;
  await settled(cloud, campaignId);
  expect((await act(cloud, campaignId, "resume")).problem().code).toBe("DEADLINE_PAST");
});

test("C9 a campaign that has begun goes on beyond its deadline", async () => {
  const campaignId = await makeForced();
  await approve(campaignId);
  await act(cloud, campaignId, "start");
  await act(cloud, campaignId, "pause");
  cloud.clock.at += 2 * HOUR_MS;
  expect((await act(cloud, campaignId, "resume")).data()).toMatchObject({ state: "active" });
});

test.each<[string, ConsentPolicy, ConsentPolicy]>([
  ["silent stays silent", { mode: "silent" }, { mode: "silent" }],
  ["a deadline that lies ahead stays", { mode: "banner", deadline: 101 }, { mode: "banner", deadline: 101 }],
  [
    "one that has passed is left out with its time of day",
    { mode: "banner", deadline: 100, timeOfDay: "02:30" },
    { mode: "banner" },
  ],
  [
    "forced gets a deadline as long as an offer stands",
    { mode: "forced", deadline: 100 },
    { mode: "forced", deadline: 107 },
  ],
])("C9 a policy renewed: %s", (_name, consent, expected) => {
  expect(renewed(consent, 100, 7)).toEqual(expected);
});

test("C8 a rollback after the deadline of what it takes back has a deadline of its own", async () => {
  const old = await publishRelease(cloud, "1.0.0", firmware(1));
  for (const release of [old.releaseId, releaseId]) {
    const campaignId = await makeForced({ releaseId: release });
    await approve(campaignId);
    await act(cloud, campaignId, "start");
    await fleet.succeed("car-0000");
    await settled(cloud, campaignId);
    if (release !== releaseId) continue;
    cloud.clock.at += 2 * HOUR_MS;
    const { revertedBy } = (await act(cloud, campaignId, "rollBack")).data() as Campaign;
    const { offerTtlMs } = cloud.cloud.config;
    expect((await settled(cloud, revertedBy!)).consent).toMatchObject({
      mode: "forced",
      deadline: cloud.clock.at + offerTtlMs,
    });
    expect((await act(cloud, revertedBy!, "approve", approver)).status).toBe(200);
  }
});

test("U2 a campaign of a release that was withdrawn meanwhile is not submitted", async () => {
  const campaignId = await makeCampaign(cloud, releaseId);
  await withdraw();
  expect((await act(cloud, campaignId, "submit")).problem().code).toBe("RELEASE_NOT_PUBLISHED");
  expect((await settled(cloud, campaignId)).state).toBe("draft");
});

test("U2 a campaign of a release that was withdrawn meanwhile is not approved", async () => {
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "submit");
  await withdraw();
  expect((await act(cloud, campaignId, "approve", approver)).problem().code).toBe("RELEASE_NOT_PUBLISHED");
  expect((await settled(cloud, campaignId)).state).toBe("inReview");
});

const withdraw = () =>
  cloud.call("POST", `/api/v1/releases/${releaseId}/withdraw`, { body: { reason: "Overheats on hills" } });
