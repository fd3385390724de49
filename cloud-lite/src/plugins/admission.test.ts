import { afterEach, beforeEach, expect, test } from "vitest";
import { newToken } from "../access/tokens.ts";
import { registerVehicle, testCloud, type TestCloud } from "../testing.ts";

let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  fixture = await testCloud({ config: { addressRate: 5, deviceRate: 5 } });
  device = await registerVehicle(fixture, "car");
});
afterEach(() => fixture.close());

test.each([
  ["GET", "/api/v1/vehicles"],
  ["POST", "/api/v1/vehicles"],
  ["PUT", "/api/v1/hardware/X"],
  ["GET", "/api/v1/audit"],
  ["GET", "/api/v1/device/offer"],
  ["GET", "/repo/image/metadata/timestamp.json"],
] as const)("A5 %s %s is closed without a credential", async (method, url) => {
  const answer = await fixture.call(method, url, { token: null });
  expect(answer.problem()).toMatchObject({ status: 401, code: "CREDENTIALS_MISSING" });
  expect(answer.header("www-authenticate")).toBe("Bearer");
});

test("A5 an unknown token is refused, also one with the prefix of a known one", async () => {
  const stranger = newToken("operator").token;
  const forged = fixture.operatorKey.slice(0, -43) + stranger.slice(-43);
  for (const token of [stranger, forged, "nonsense"]) {
    const answer = await fixture.call("GET", "/api/v1/vehicles", { token });
    expect(answer.problem()).toMatchObject({ status: 401, code: "CREDENTIALS_INVALID" });
  }
});

test("A5 a vehicle's token opens no operator route, and an operator's key no device route", async () => {
  const write = await fixture.call("POST", "/api/v1/vehicles", { token: device, body: { ecus: [] } });
  expect(write.problem()).toMatchObject({ status: 403, code: "OPERATOR_REQUIRED" });
  const offer = await fixture.call("GET", "/api/v1/device/offer");
  expect(offer.problem()).toMatchObject({ status: 403, code: "DEVICE_REQUIRED" });
});

test("A5 a revoked token is refused", async () => {
  await fixture.cloud.db
    .updateTable("credentials")
    .set({ revokedAt: 1 })
    .where("kind", "=", "device")
    .execute();
  const answer = await fixture.call("GET", "/api/v1/device/offer", { token: device });
  expect(answer.problem().code).toBe("CREDENTIALS_INVALID");
});

test("A5 the database holds no token, only its prefix and digest", async () => {
  const rows = JSON.stringify(await fixture.cloud.db.selectFrom("credentials").selectAll().execute());
  for (const token of [device, fixture.operatorKey]) expect(rows).not.toContain(token.slice(-43));
});

test("A11 guessing tokens is limited by address, and does not hinder a vehicle behind it", async () => {
  for (let i = 0; i < 5; i += 1) {
    await fixture.call("GET", "/api/v1/device/offer", { token: newToken("device").token });
  }
  const limited = await fixture.call("GET", "/api/v1/device/offer", { token: newToken("device").token });
  expect(limited.problem()).toMatchObject({ status: 429, code: "RATE_LIMITED" });
  expect(Number(limited.header("retry-after"))).toBeGreaterThan(0);
  expect((await fixture.call("GET", "/api/v1/device/time", { token: device })).status).toBe(200);
});

test("A11 one vehicle that asks too often is told when to come back", async () => {
  for (let i = 0; i < 5; i += 1) await fixture.call("GET", "/api/v1/device/time", { token: device });
  const limited = await fixture.call("GET", "/api/v1/device/time", { token: device });
  expect(limited.problem()).toMatchObject({
    code: "RATE_LIMITED",
    detail: "More than 5 requests came within a minute.",
  });
  expect((await fixture.call("GET", "/api/v1/vehicles")).status).toBe(200);
});

test("A11 update checks have a smaller budget of their own, and what an update needs goes on", async () => {
  await fixture.close();
  fixture = await testCloud({ config: { checkRate: 2 } });
  device = await registerVehicle(fixture, "car");
  const ask = (url: string) => fixture.call("GET", url, { token: device });
  for (let i = 0; i < 2; i += 1) expect((await ask("/api/v1/device/offer")).status).toBe(200);
  expect((await ask("/api/v1/device/offer")).problem().detail).toBe(
    "More than 2 requests came within a minute.",
  );
  expect((await ask("/api/v1/device/time")).status).toBe(200);
  expect((await ask("/repo/image/metadata/timestamp.json")).status).toBe(200);
});

test("A11 answers carry security headers", async () => {
  const answer = await fixture.call("GET", "/health/live", { token: null });
  expect(answer.header("x-content-type-options")).toBe("nosniff");
  expect(answer.header("content-security-policy")).toContain("default-src 'self'");
});

test("A10 health and metrics are open, and metrics name routes and no ids", async () => {
  expect((await fixture.call("GET", "/health/ready", { token: null })).json()).toEqual({ status: "ok" });
  await fixture.call("GET", "/api/v1/vehicles/car");
  const metrics = (await fixture.call("GET", "/metrics", { token: null })).bytes.toString();
  expect(metrics).toContain('route="/api/v1/vehicles/:vehicleId"');
  expect(metrics).not.toContain("vehicles/car");
});
