import { afterEach, beforeEach, expect, test } from "vitest";
import type { Campaign } from "../campaigns/schema.ts";
import { openApiDocument } from "../plugins/openapi.ts";
import {
  firmware,
  HARDWARE,
  keyOfUser,
  publishRelease,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import type { Grant, Role } from "./grants.ts";

const inEurope = (role: Role): Grant => ({ role, scope: { regions: ["EU"] } });
const EU_CAR = "car-of-europe";
const US_CAR = "car-of-america";

let fixture: TestCloud;
let viewer: string;
let operator: string;
let campaignId: string;
beforeEach(async () => {
  fixture = await testCloud();
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  for (const [vehicleId, region] of [
    [EU_CAR, "EU"],
    [US_CAR, "US"],
  ] as const) {
    const ecus = [{ ecuId: `ENG-${vehicleId}`, name: "Engine control", hardwareId: HARDWARE }];
    await fixture.call("POST", "/api/v1/vehicles", { body: { vehicleId, region, ecus } });
  }
  campaignId = await startCampaign(fixture, releaseId, [EU_CAR, US_CAR]);
  viewer = await keyOfUser(fixture, "viewer", [inEurope("viewer")]);
  operator = await keyOfUser(fixture, "operator", [inEurope("operator")]);
});
afterEach(() => fixture.close());

const jobOf = async (vehicleId: string): Promise<string> => {
  const listed = await fixture.call("GET", `/api/v1/jobs?vehicleId=${vehicleId}`);
  return (listed.data() as { jobId: string }[])[0]!.jobId;
};

test.each<["GET" | "POST", string, unknown]>([
  ["GET", "/api/v1/vehicles", undefined],
  ["POST", "/api/v1/vehicles/search", { selection: { all: true } }],
  ["GET", "/api/v1/jobs", undefined],
])("A4 %s %s lists what is in scope, and nothing else", async (method, url, body) => {
  const everything = (await fixture.call(method, url, { body })).bytes.toString();
  expect([everything.includes(EU_CAR), everything.includes(US_CAR)]).toEqual([true, true]);
  const own = (await fixture.call(method, url, { body, token: viewer })).bytes.toString();
  expect([own.includes(EU_CAR), own.includes(US_CAR)]).toEqual([true, false]);
});

test.each(["", "/events", "/twin", "/replacements", "/device-tokens"])(
  "A4 GET /vehicles/:vehicleId%s of a vehicle out of scope is as of one that does not exist",
  async (path) => {
    const own = await fixture.call("GET", `/api/v1/vehicles/${EU_CAR}${path}`, { token: viewer });
    expect(own.status).toBe(200);
    const other = await fixture.call("GET", `/api/v1/vehicles/${US_CAR}${path}`, { token: viewer });
    expect(other.problem()).toMatchObject({ status: 404, code: "VEHICLE_UNKNOWN" });
  },
);

test("A4 a job of a vehicle out of scope is as one that does not exist", async () => {
  const read = async (vehicleId: string) =>
    fixture.call("GET", `/api/v1/jobs/${await jobOf(vehicleId)}`, { token: viewer });
  expect((await read(EU_CAR)).status).toBe(200);
  expect((await read(US_CAR)).problem().code).toBe("JOB_UNKNOWN");
});

test("A4 a vehicle is not registered into a region out of scope, and gets no token from there", async () => {
  const register = (region?: string) =>
    fixture.call("POST", "/api/v1/vehicles", { token: operator, body: { region, ecus: [] } });
  expect((await register("EU")).status).toBe(201);
  expect((await register("US")).status).toBe(403);
  expect((await register()).status).toBe(403);
  const issued = await fixture.call("POST", `/api/v1/vehicles/${US_CAR}/device-tokens`, { token: operator });
  expect(issued.problem().code).toBe("VEHICLE_UNKNOWN");
});

test("A4 a campaign is paused by those alone who reach all that it reaches", async () => {
  const pause = (token: string) => fixture.call("POST", `/api/v1/campaigns/${campaignId}/pause`, { token });
  expect((await pause(operator)).status).toBe(403);
  expect((await pause(viewer)).problem().code).toBe("PERMISSION_MISSING");
});

test("A4 of a campaign that reaches further than its reader, names and numbers are of the vehicles in scope alone", async () => {
  const read = (token: string, path = "") =>
    fixture.call("GET", `/api/v1/campaigns/${campaignId}${path}`, { token });
  const whole = (await read(fixture.operatorKey)).data() as Campaign;
  const part = (await read(viewer)).data() as Campaign;
  expect(whole.jobs).toMatchObject({ queued: 2 });
  expect(whole.partial).toBeUndefined();
  expect(part.jobs).toMatchObject({ queued: 1 });
  expect(part.phases[0]!.jobs).toMatchObject({ queued: 1, silent: 0 });
  expect(part).toMatchObject({ partial: true, target: { vehicleIds: [EU_CAR] } });
  expect((await read(viewer, "/metrics")).problem().code).toBe("CAMPAIGN_OUT_OF_SCOPE");
});

test("A4 bulk calls check every row", async () => {
  const body = { campaignIds: [campaignId], verb: "pause" };
  const answer = await fixture.call("POST", "/api/v1/campaigns/bulk", { token: operator, body });
  expect(answer.bytes.toString()).toContain("CAMPAIGN_OUT_OF_SCOPE");
});

test("A4 a viewer changes nothing: every write is refused", async () => {
  const all = await keyOfUser(fixture, "everywhere", [{ role: "viewer", scope: {} }]);
  const { paths } = openApiDocument(fixture.app) as { paths: Record<string, Record<string, unknown>> };
  const allowed: string[] = [];
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      // Reading, also with a body; and logging out, which would end the walk.
      if (method === "get" || /\/(search|preview|end)$/.test(path)) continue;
      const url = path.replaceAll(/\{\w+\}/g, "00000000-0000-7000-8000-000000000009");
      const answer = await fixture.app.inject({
        method: method.toUpperCase() as "POST",
        url,
        headers: { authorization: `Bearer ${all}` },
      });
      if (answer.statusCode !== 403) allowed.push(`${method} ${path}`);
    }
  }
  expect(allowed.sort()).toEqual([
    "post /api/v1/api-keys",
    "post /api/v1/api-keys/{credentialId}/revoke",
    "post /api/v1/api-keys/{credentialId}/rotate",
    "post /api/v1/campaigns/bulk",
    "post /api/v1/me/password",
    "post /api/v1/sessions",
  ]);
});
