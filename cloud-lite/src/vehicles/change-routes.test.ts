import { afterEach, beforeEach, expect, test } from "vitest";
import { HARDWARE, publishRelease, registerVehicle, startCampaign, firmware } from "../testing.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import type { Vehicle } from "./schema.ts";

const PATH = "/api/v1/vehicles/car";
let fixture: TestCloud;
let token: string;
beforeEach(async () => {
  fixture = await testCloud();
  token = await registerVehicle(fixture, "car");
});
afterEach(() => fixture.close());

const patch = (body: unknown, headers: Record<string, string> = {}) =>
  fixture.call("PATCH", PATH, { body, headers });
const read = async (): Promise<Vehicle> => (await fixture.call("GET", PATH)).data() as Vehicle;

async function audited(action: string): Promise<{ payload: unknown }[]> {
  const answer = await fixture.call("GET", `/api/v1/audit?action=${action}`);
  return answer.data() as { payload: unknown }[];
}

test("D1 a correction changes what it names, takes away what is null, and leaves the rest", async () => {
  await patch({ model: "Estate", trim: "Sport", tags: ["winter"], attributes: { battery: "77" } });
  const answer = await patch({ trim: null, year: 2025, groups: [] });
  expect(answer.status).toBe(200);
  expect(await read()).toMatchObject({
    model: "Estate",
    year: 2025,
    groups: [],
    tags: ["winter"],
    attributes: { battery: "77" },
  });
  expect(await read()).not.toHaveProperty("trim");
});

test("A6 a correction is audited with what was before and after, and nothing else", async () => {
  await patch({ region: "eu", tags: [] });
  const [entry] = await audited("vehicle.changed");
  expect(entry?.payload).toEqual({ before: {}, after: { region: "eu" } });
});

test("A3 a correction of something that was changed meanwhile is refused", async () => {
  const etag = (await fixture.call("GET", PATH)).header("etag")!;
  expect((await patch({ region: "eu" }, { "if-match": etag })).status).toBe(200);
  const late = await patch({ region: "us" }, { "if-match": etag });
  expect([late.status, late.problem().code]).toEqual([412, "PRECONDITION_FAILED"]);
  expect((await read()).region).toBe("eu");
});

test("A3 a vehicle that was heard of meanwhile can still be corrected, and is read anew", async () => {
  const etag = (await fixture.call("GET", PATH)).header("etag")!;
  await fixture.call("GET", "/api/v1/device/offer", { token });
  await fixture.cloud.lastSeen.flush();
  const again = await fixture.call("GET", PATH, { headers: { "if-none-match": etag } });
  expect(again.status).toBe(200);
  expect((await patch({ region: "eu" }, { "if-match": etag })).status).toBe(200);
});

test("D1 a wrong hardware id is corrected, to one that is registered", async () => {
  await publishRelease(fixture, "1.0.0", firmware(1));
  const wrong = await patch({ ecus: [{ ecuId: "ENG-car", hardwareId: "HW-TYPO" }] });
  expect([wrong.status, wrong.problem().code]).toEqual([422, "ECU_HARDWARE_UNKNOWN"]);
  const right = await patch({ ecus: [{ ecuId: "ENG-car", hardwareId: HARDWARE, name: "Engine" }] });
  expect(right.data()).toMatchObject({
    ecus: [{ ecuId: "ENG-car", hardwareId: HARDWARE, name: "Engine" }, {}],
  });
  const other = await patch({ ecus: [{ ecuId: "BODY", name: "Body" }] });
  expect(other.problem().code).toBe("ECU_UNKNOWN");
});

test.each([
  [{ vin: "1M8GDM9AXKP042789" }, "VIN_INVALID"],
  [{ timeZone: "Europe/Atlantis" }, "TIME_ZONE_UNKNOWN"],
  [{}, "REQUEST_INVALID"],
  [{ vehicleId: "bus" }, "REQUEST_INVALID"],
  [{ ecus: [{ ecuId: "ENG-car" }] }, "REQUEST_INVALID"],
])("D1 the correction %j is refused", async (body, code) => {
  expect((await patch(body)).problem().code).toBe(code);
});

test("D1 a VIN that another vehicle has is refused, its own is not", async () => {
  const vin = "1M8GDM9AXKP042788";
  await registerVehicle(fixture, "bus");
  expect((await fixture.call("PATCH", "/api/v1/vehicles/bus", { body: { vin } })).status).toBe(200);
  expect((await fixture.call("PATCH", "/api/v1/vehicles/bus", { body: { vin } })).status).toBe(200);
  expect((await patch({ vin })).problem().code).toBe("VIN_TAKEN");
});

test("D1 an ECU of unknown hardware is refused at registration, unless that is said", async () => {
  const body = { vehicleId: "bus", ecus: [{ ecuId: "E1", name: "Engine", hardwareId: "HW-NEW" }] };
  const refused = await fixture.call("POST", "/api/v1/vehicles", { body });
  expect(refused.problem().code).toBe("ECU_HARDWARE_UNKNOWN");
  const stated = { ...body, allowUnknownHardware: true };
  expect((await fixture.call("POST", "/api/v1/vehicles", { body: stated })).status).toBe(201);
});

test("D1 a retired vehicle keeps its history, loses its tokens, and gets no new one", async () => {
  const retired = await fixture.call("POST", `${PATH}/retire`);
  expect(retired.data()).toMatchObject({ vehicleId: "car", retiredAt: fixture.clock.at });
  expect((await fixture.call("GET", "/api/v1/device/offer", { token })).status).toBe(401);
  const issued = await fixture.call("POST", `${PATH}/device-tokens`);
  expect([issued.status, issued.problem().code]).toEqual([409, "VEHICLE_RETIRED"]);
  expect((await read()).retiredAt).toBe(fixture.clock.at);
  expect((await fixture.call("GET", "/api/v1/vehicles")).data()).toEqual([]);
});

test("D1 retiring takes back what the vehicle has not begun", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await registerVehicle(fixture, "bus");
  await startCampaign(fixture, releaseId, ["car", "bus"]);
  await fixture.call("POST", `${PATH}/retire`);
  const jobs = (await fixture.call("GET", "/api/v1/jobs?vehicleId=car")).data() as { status: string }[];
  expect(jobs.map((job) => job.status)).toEqual(["expired"]);
});

test("D1 retiring and restoring twice does it once; a restored vehicle needs a new token", async () => {
  for (const verb of ["retire", "retire", "restore", "restore"]) {
    expect((await fixture.call("POST", `${PATH}/${verb}`)).status).toBe(200);
  }
  expect(await audited("vehicle.retired")).toHaveLength(1);
  expect(await audited("vehicle.restored")).toHaveLength(1);
  expect((await fixture.call("GET", "/api/v1/device/offer", { token })).status).toBe(401);
  expect((await fixture.call("POST", `${PATH}/device-tokens`)).status).toBe(201);
});
