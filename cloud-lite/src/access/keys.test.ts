import { afterEach, beforeEach, expect, test } from "vitest";
import { keyOfUser, registerVehicle, testCloud, type TestCloud } from "../testing.ts";
import type { Grant } from "./grants.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const EU_OPERATOR: Grant = { role: "operator", scope: { regions: ["EU"] } };
interface Issued {
  credentialId: string;
  token: string;
}

let fixture: TestCloud;
let ada: string;
beforeEach(async () => {
  fixture = await testCloud();
  ada = await keyOfUser(fixture, "ada", [EU_OPERATOR, { role: "viewer", scope: {} }]);
});
afterEach(() => fixture.close());

const post = (url: string, body: unknown, token: string) => fixture.call("POST", url, { body, token });
const get = (url: string, token: string) => fixture.call("GET", url, { token });

async function issue(body: object, token = ada): Promise<Issued> {
  return (await post("/api/v1/api-keys", { label: "ci", ...body }, token)).data() as Issued;
}

async function grantsOf(token: string): Promise<unknown> {
  return ((await get("/api/v1/me", token)).data() as { grants: unknown }).grants;
}

test("A5 a key acts as its person, with what it was narrowed to", async () => {
  const { token } = await issue({ grants: [{ role: "viewer", scope: { regions: ["EU"] } }] });
  expect(token).toMatch(/^hs_op_/);
  const [key, person] = [await get("/api/v1/me", token), await get("/api/v1/me", ada)];
  const idOf = (answer: typeof key) => (answer.data() as { principalId: string }).principalId;
  expect(idOf(key)).toBe(idOf(person));
  expect(await grantsOf(token)).toEqual([{ role: "viewer", scope: { regions: ["EU"] } }]);
});

test.each<[string, Grant]>([
  ["a role", { role: "approver", scope: { regions: ["EU"] } }],
  ["a scope", { role: "operator", scope: { regions: ["EU", "US"] } }],
  ["everything", { role: "operator", scope: {} }],
])("A5 a key gets no more than its maker has: %s", async (_what, grant) => {
  const refused = await post("/api/v1/api-keys", { label: "ci", grants: [grant] }, ada);
  expect(refused.problem()).toMatchObject({ status: 403, code: "GRANTS_EXCEEDED" });
});

test("A5 a narrowed key makes no key that may more, and rotates none", async () => {
  const { token: narrow } = await issue({ grants: [{ role: "viewer", scope: {} }] });
  const wide = await issue({});
  const body = { label: "ci", grants: [EU_OPERATOR] };
  expect((await post("/api/v1/api-keys", body, narrow)).problem().code).toBe("GRANTS_EXCEEDED");
  const rotated = await post(`/api/v1/api-keys/${wide.credentialId}/rotate`, { overlapMs: 0 }, narrow);
  expect(rotated.problem().code).toBe("GRANTS_EXCEEDED");
});

test("A5 a key never may more than its person may now", async () => {
  const { token } = await issue({});
  const { principalId } = (await get("/api/v1/me", ada)).data() as { principalId: string };
  await fixture.call("PUT", `/api/v1/users/${principalId}`, {
    body: { grants: [{ role: "viewer", scope: {} }] },
  });
  const refused = await post("/api/v1/vehicles", { vehicleId: "car", ecus: [] }, token);
  expect(refused.problem().code).toBe("PERMISSION_MISSING");
});

test("A5 a key ends at its time, 90 days from now unless it is given", async () => {
  const { token } = await issue({});
  fixture.clock.at += 90 * DAY_MS - 1;
  expect((await get("/api/v1/me", token)).status).toBe(200);
  fixture.clock.at += 1;
  expect((await get("/api/v1/me", token)).problem().code).toBe("CREDENTIALS_INVALID");
});

test.each([[-1], [401 * DAY_MS]])("A5 a key that would end %d ms from now is refused", async (fromNow) => {
  const body = { label: "ci", expiresAt: fixture.clock.at + fromNow };
  expect((await post("/api/v1/api-keys", body, ada)).problem().code).toBe("EXPIRY_INVALID");
});

test("A5 a revoked key opens nothing from the next request on", async () => {
  const { credentialId, token } = await issue({});
  expect((await post(`/api/v1/api-keys/${credentialId}/revoke`, undefined, ada)).status).toBe(200);
  expect((await get("/api/v1/me", token)).status).toBe(401);
  const again = await post(`/api/v1/api-keys/${credentialId}/revoke`, undefined, ada);
  expect(again.problem().code).toBe("KEY_UNKNOWN");
});

test("A5 a rotated key is replaced by one with the same life, and goes on for the overlap", async () => {
  const old = await issue({ expiresAt: fixture.clock.at + 10 * DAY_MS });
  fixture.clock.at += 5 * DAY_MS;
  const body = { overlapMs: DAY_MS };
  const answer = await post(`/api/v1/api-keys/${old.credentialId}/rotate`, body, ada);
  const fresh = answer.data() as Issued & { expiresAt: number };
  expect(fresh.expiresAt).toBe(fixture.clock.at + 10 * DAY_MS);
  expect(await grantsOf(fresh.token)).toEqual(await grantsOf(old.token));
  fixture.clock.at += DAY_MS;
  expect((await get("/api/v1/me", old.token)).status).toBe(401);
  expect((await get("/api/v1/me", fresh.token)).status).toBe(200);
});

test("A5 one sees and ends one's own keys only", async () => {
  const { credentialId } = await issue({});
  const bob = await keyOfUser(fixture, "bob", [{ role: "operator", scope: {} }]);
  const refused = await post(`/api/v1/api-keys/${credentialId}/revoke`, undefined, bob);
  expect(refused.problem().code).toBe("KEY_UNKNOWN");
  const listed = (await get("/api/v1/api-keys", bob)).data() as { credentialId: string }[];
  expect(listed.map((key) => key.credentialId)).not.toContain(credentialId);
});

test("A5 a list of keys says when each was last used, and no secret", async () => {
  const { credentialId, token } = await issue({ label: "nightly build" });
  fixture.clock.at += 1000;
  await get("/api/v1/me", token);
  const listed = await get("/api/v1/api-keys", ada);
  expect(listed.data()).toContainEqual(
    expect.objectContaining({ credentialId, label: "nightly build", lastUsedAt: fixture.clock.at }),
  );
  expect(listed.bytes.toString()).not.toContain(token.slice(-43));
});

test("A5 who manages access finds the key of a token that turned up somewhere, and ends it", async () => {
  const { token } = await issue({});
  const { principalId } = (await get("/api/v1/me", ada)).data() as { principalId: string };
  const path = `/api/v1/users/${principalId}/api-keys`;
  expect((await get(path, ada)).problem().code).toBe("PERMISSION_MISSING");
  const keys = (await fixture.call("GET", path)).data() as { credentialId: string; prefix: string }[];
  const leaked = keys.find(({ prefix }) => token.startsWith(prefix))!;
  expect((await fixture.call("POST", `${path}/${leaked.credentialId}/revoke`)).status).toBe(200);
  expect([(await get("/api/v1/me", token)).status, (await get("/api/v1/me", ada)).status]).toEqual([
    401, 200,
  ]);
});

test("A5 a device token is revoked, and another is put in place of one", async () => {
  const first = await registerVehicle(fixture, "car");
  const path = "/api/v1/vehicles/car/device-tokens";
  const [{ credentialId }] = (await fixture.call("GET", path)).data() as [Issued];
  const body = { overlapMs: 0 };
  const fresh = (await fixture.call("POST", `${path}/${credentialId}/rotate`, { body })).data() as Issued;
  const time = (token: string) => get("/api/v1/device/time", token);
  expect([(await time(first)).status, (await time(fresh.token)).status]).toEqual([401, 200]);
  await fixture.call("POST", `${path}/${fresh.credentialId}/revoke`);
  expect((await time(fresh.token)).status).toBe(401);
});

test("A4 device tokens are the matter of those who may change that vehicle", async () => {
  const register = (vehicleId: string, region: string) =>
    fixture.call("POST", "/api/v1/vehicles", { body: { vehicleId, region, ecus: [] } });
  await register("eu-car", "EU");
  await register("us-car", "US");
  const eu = await keyOfUser(fixture, "eu", [EU_OPERATOR]);
  const list = (vehicleId: string, token: string) =>
    get(`/api/v1/vehicles/${vehicleId}/device-tokens`, token);
  expect((await list("eu-car", eu)).status).toBe(200);
  expect((await list("us-car", eu)).problem().code).toBe("VEHICLE_UNKNOWN");
  const { data } = await fixture.call("POST", "/api/v1/vehicles/us-car/device-tokens");
  const { credentialId } = data() as Issued;
  const path = `/api/v1/vehicles/us-car/device-tokens/${credentialId}/revoke`;
  expect((await post(path, undefined, ada)).problem().code).toBe("OUTSIDE_SCOPE");
});
