import { afterEach, beforeEach, expect, test } from "vitest";
import type { Grant } from "../access/grants.ts";
import {
  firmware,
  keyOfUser,
  publishRelease,
  registerVehicle,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import { act, auditOf, makeCampaign, registerFleet, settled } from "./fleet.testing.ts";
import type { CampaignBody } from "./schema.ts";

let cloud: TestCloud;
let releaseId: string;
const everywhere = (role: Grant["role"]): Grant[] => [{ role, scope: {} }];
beforeEach(async () => {
  cloud = await testCloud({ config: { fourEyes: "on" } });
  ({ releaseId } = await publishRelease(cloud, "2.0.0", firmware(2)));
});
afterEach(() => cloud.close());

test("C2 a campaign nobody else has approved does not start, and says what to do", async () => {
  await registerVehicle(cloud, "car");
  const campaignId = await makeCampaign(cloud, releaseId);
  expect((await act(cloud, campaignId, "start")).problem()).toMatchObject({
    status: 409,
    code: "CAMPAIGN_NOT_APPROVED",
  });
  await act(cloud, campaignId, "submit");
  expect((await act(cloud, campaignId, "start")).problem().code).toBe("CAMPAIGN_NOT_APPROVED");
});

test("C2 whatever his role, an author cannot approve his own, also not with another key or in bulk", async () => {
  const author = await keyOfUser(cloud, "author", everywhere("admin"));
  const campaignId = await makeCampaign(cloud, releaseId, {}, author);
  await act(cloud, campaignId, "submit", author);
  const made = await cloud.call("POST", "/api/v1/api-keys", { token: author, body: { label: "second" } });
  const { token: second } = made.data() as { token: string };
  for (const token of [author, second]) {
    const alone = await act(cloud, campaignId, "approve", token);
    expect(alone.problem()).toMatchObject({ status: 403, code: "CAMPAIGN_OWN_APPROVAL" });
    const body = { campaignIds: [campaignId], verb: "approve" };
    const bulk = await cloud.call("POST", "/api/v1/campaigns/bulk", { token, body });
    expect(bulk.data()).toMatchObject([{ refusal: { code: "CAMPAIGN_OWN_APPROVAL" } }]);
  }
  expect((await settled(cloud, campaignId)).state).toBe("inReview");
});

test("C1 a draft is written anew, and nobody who has written any of it approves it", async () => {
  const campaignId = await makeCampaign(cloud, releaseId);
  const editor = await keyOfUser(cloud, "editor", everywhere("admin"));
  const body = {
    name: "Summer",
    releaseId,
    target: { all: true },
    consent: { mode: "silent" },
    safetyPolicy: { parked: true, minBatteryVolts: 12 },
    phases: [{ name: "Canary", size: { count: 1 } }, { name: "Rest" }],
  };
  const put = (more: object, token: string) =>
    cloud.call("PUT", `/api/v1/campaigns/${campaignId}`, { token, body: { ...body, ...more } });
  expect((await put({}, editor)).data()).toMatchObject({
    name: "Summer",
    phases: [{ position: 1 }, { position: 2 }],
  });
  const weaker = await put({ safetyPolicy: { parked: true } }, cloud.operatorKey);
  expect(weaker.problem().detail).toContain("minBatteryVolts is not demanded");
  await act(cloud, campaignId, "submit");
  for (const token of [editor, cloud.operatorKey]) {
    expect((await act(cloud, campaignId, "approve", token)).problem().code).toBe("CAMPAIGN_OWN_APPROVAL");
  }
  expect((await put({}, editor)).problem().code).toBe("CAMPAIGN_STATE");
});

test("C2 someone else approves, and it is on record who", async () => {
  await registerVehicle(cloud, "car");
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "submit");
  const approver = await keyOfUser(cloud, "approver", everywhere("approver"));
  expect((await act(cloud, campaignId, "approve", approver)).data()).toMatchObject({ state: "scheduled" });
  const approved = (await auditOf(cloud, campaignId)).find(({ action }) => action === "campaign.approved");
  const { authorId, approverId } = await settled(cloud, campaignId);
  expect(authorId).not.toBe(approverId);
  expect(approved?.payload).toMatchObject({ fourEyes: "kept", authorId, approverId });
  expect((await act(cloud, campaignId, "start")).data()).toMatchObject({ state: "active" });
});

test("C2 a rejected campaign is a draft again", async () => {
  const campaignId = await makeCampaign(cloud, releaseId);
  await act(cloud, campaignId, "submit");
  const approver = await keyOfUser(cloud, "approver", everywhere("approver"));
  expect((await act(cloud, campaignId, "reject", approver)).data()).toMatchObject({ state: "draft" });
});

test("C2 a cloud of one person waives the second pair of eyes, and the log says so", async () => {
  const alone = await testCloud({ config: { fourEyes: "off" } });
  await registerVehicle(alone, "car");
  const release = await publishRelease(alone, "2.0.0", firmware(2));
  const campaignId = await makeCampaign(alone, release.releaseId);
  await act(alone, campaignId, "start");
  const started = (await auditOf(alone, campaignId)).find(({ action }) => action === "campaign.started");
  expect(started?.payload).toMatchObject({ fourEyes: "waived" });
  await alone.close();
});

test("C8 bulk calls check every row", async () => {
  await registerFleet(cloud, 2, { prefix: "north", region: "eu-north" });
  const approver = await keyOfUser(cloud, "approver", everywhere("approver"));
  const northern: Grant[] = [{ role: "operator", scope: { regions: ["eu-north"] } }];
  const north = await keyOfUser(cloud, "north", northern);
  const own = await makeCampaign(cloud, releaseId, {}, north);
  const foreign = await makeCampaign(cloud, releaseId);
  const draft = await makeCampaign(cloud, releaseId, {}, north);
  for (const campaignId of [own, foreign]) {
    await act(cloud, campaignId, "submit");
    await act(cloud, campaignId, "approve", approver);
  }
  const unknown = "0193f3a0-7c00-7abc-8def-0123456789ab";
  const body = { campaignIds: [foreign, own, draft, unknown], verb: "start" };
  const rows = await cloud.call("POST", "/api/v1/campaigns/bulk", { token: north, body });
  expect(rows.data()).toMatchObject([
    { campaignId: foreign, refusal: { code: "CAMPAIGN_OUT_OF_SCOPE" } },
    { campaignId: own, campaign: { state: "active", jobs: { queued: 2 } } },
    { campaignId: draft, refusal: { code: "CAMPAIGN_NOT_APPROVED" } },
    { campaignId: unknown, refusal: { code: "CAMPAIGN_UNKNOWN" } },
  ]);
  const viewer = await keyOfUser(cloud, "viewer", everywhere("viewer"));
  const refused = await cloud.call("POST", "/api/v1/campaigns/bulk", { token: viewer, body });
  expect(refused.data()).toMatchObject(
    body.campaignIds.map(() => ({ refusal: { code: "PERMISSION_MISSING" } })),
  );
});

test("A4 a campaign reaches no vehicle beyond its author's scope", async () => {
  await registerFleet(cloud, 2, { prefix: "north", region: "eu-north" });
  await registerFleet(cloud, 3, { prefix: "south", region: "eu-south" });
  const north = await keyOfUser(cloud, "north", [{ role: "operator", scope: { regions: ["eu-north"] } }]);
  const campaignId = await makeCampaign(cloud, releaseId, {}, north);
  await act(cloud, campaignId, "submit");
  await act(cloud, campaignId, "approve", await keyOfUser(cloud, "approver", everywhere("approver")));
  await act(cloud, campaignId, "start", north);
  expect((await settled(cloud, campaignId)).jobs.queued).toBe(2);
  const body = { target: { vehicleIds: ["south-0001"] } };
  const refused = await cloud.call("POST", "/api/v1/campaigns", {
    token: north,
    body: { name: "X", releaseId, consent: { mode: "silent" }, safetyPolicy: { parked: true }, ...body },
  });
  expect(refused.problem().code).toBe("VEHICLE_UNKNOWN");
});

test("A4 who sees none of a campaign's vehicles does not see the campaign", async () => {
  for (const region of ["eu-north", "eu-south"]) await registerFleet(cloud, 1, { prefix: region, region });
  const north = await keyOfUser(cloud, "north", [{ role: "operator", scope: { regions: ["eu-north"] } }]);
  const south = await keyOfUser(cloud, "south", [{ role: "operator", scope: { regions: ["eu-south"] } }]);
  const northern = await makeCampaign(cloud, releaseId, {}, north);
  const whole = await makeCampaign(cloud, releaseId);
  const seen = async (token: string) => {
    const list = await cloud.call("GET", "/api/v1/campaigns?limit=1", { token });
    return (list.data() as { campaignId: string }[]).map(({ campaignId }) => campaignId);
  };
  expect(await seen(south)).toEqual([whole]);
  expect(await seen(north)).toEqual([whole]);
  for (const path of ["", "/metrics"]) {
    const read = (token: string) => cloud.call("GET", `/api/v1/campaigns/${northern}${path}`, { token });
    expect((await read(south)).problem().code).toBe("CAMPAIGN_UNKNOWN");
    expect((await read(north)).status).toBe(200);
  }
  expect((await act(cloud, whole, "submit", south)).problem().code).toBe("CAMPAIGN_OUT_OF_SCOPE");
});

const create = (more: Partial<CampaignBody>, token?: string) =>
  cloud.call("POST", "/api/v1/campaigns", {
    ...(token === undefined ? {} : { token }),
    body: {
      name: "X",
      releaseId,
      target: { all: true },
      consent: { mode: "silent" },
      safetyPolicy: { parked: true },
      ...more,
    },
  });

test("C10 a weaker safety policy is refused, and says what is weaker", async () => {
  expect((await create({ safetyPolicy: { parked: false } })).problem()).toMatchObject({
    status: 422,
    code: "SAFETY_WEAKENED",
    detail: "The safety policy is weaker than usual: parked is not demanded.",
  });
});

test("C10 a safety policy that no vehicle can ever fulfil is refused", async () => {
  const timeWindow = { from: "02:00", to: "02:00" };
  expect((await create({ safetyPolicy: { parked: true, timeWindow } })).problem()).toMatchObject({
    status: 422,
    code: "SAFETY_UNFIT",
    detail: "No vehicle can ever fulfil the safety policy: its time window begins and ends at 02:00.",
  });
});

test("C10 a weakening with a reason stands out in the log, and needs its own permission", async () => {
  const weaker = { safetyPolicy: {}, acknowledgeWeakening: { reason: "On a bench without wheels" } };
  const operator = await keyOfUser(cloud, "operator", everywhere("operator"));
  expect((await create(weaker, operator)).problem()).toMatchObject({ code: "PERMISSION_MISSING" });
  const made = await create(weaker);
  expect(made.status).toBe(201);
  const { campaignId } = made.data() as { campaignId: string };
  expect((await auditOf(cloud, campaignId)).at(-1)).toMatchObject({
    action: "campaign.safetyWeakened",
    payload: { weaker: ["parked is not demanded"], reason: "On a bench without wheels" },
  });
});

test("C4 a recall does not wait for its drivers", async () => {
  const recall = { kind: "recall", consent: { mode: "banner" } } as const;
  expect((await create(recall)).problem().code).toBe("CONSENT_UNFIT");
  expect((await create({ ...recall, consent: { mode: "silent" } })).status).toBe(201);
});
