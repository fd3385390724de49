import { afterEach, beforeEach, expect, test } from "vitest";
import {
  firmware,
  manifestOf,
  publishRelease,
  registerVehicle,
  testCloud,
  type TestCloud,
} from "../testing.ts";

let fixture: TestCloud;
let releaseId: string;
beforeEach(async () => {
  fixture = await testCloud();
  const release = await publishRelease(fixture, "2.0.0", firmware(2));
  releaseId = release.releaseId;
  for (const [vehicleId, model, year] of [
    ["car-1", "Roadster", 2024],
    ["car-2", "Roadster", 2025],
    ["car-3", "Estate", 2025],
  ]) {
    const token = await registerVehicle(fixture, String(vehicleId));
    await fixture.call("PATCH", `/api/v1/vehicles/${vehicleId}`, { body: { model, year } });
    if (vehicleId === "car-3") {
      const body = manifestOf("car-3", "2.0.0", release.sha256);
      await fixture.call("PUT", "/api/v1/device/version-manifest", { token, body });
    }
  }
  await fixture.call("POST", "/api/v1/vehicles", { body: { vehicleId: "trailer", ecus: [] } });
});
afterEach(() => fixture.close());

const preview = (body: unknown) => fixture.call("POST", "/api/v1/vehicles/preview", { body });

test("C3 a preview counts a selection by model, region and year", async () => {
  expect((await preview({ selection: { all: true } })).data()).toEqual({
    total: 4,
    byModel: [{ model: "Roadster", vehicles: 2 }, { model: "Estate", vehicles: 1 }, { vehicles: 1 }],
    byRegion: [{ vehicles: 4 }],
    byYear: [{ year: 2025, vehicles: 2 }, expect.anything(), expect.anything()],
    sample: ["car-1", "car-2", "car-3", "trailer"],
  });
});

test("C3 a preview of a release says who would get it, and why the others would not", async () => {
  const answer = await preview({ selection: { all: true }, releaseId });
  expect(answer.data()).toMatchObject({
    release: { vehicles: 2, skipped: { upToDate: 1, noMatchingEcu: 1 } },
  });
});

test("C3 a preview does what the campaign then does", async () => {
  const selection = { not: { models: ["Estate"] } };
  const shown = (await preview({ selection, releaseId })).data() as { release: { vehicles: number } };
  await fixture.call("POST", "/api/v1/vehicles/car-1/retire");
  const after = (await preview({ selection, releaseId })).data() as { release: { vehicles: number } };
  expect([shown.release.vehicles, after.release.vehicles]).toEqual([2, 1]);
});

test("C3 a preview refuses what a campaign would refuse: unknown names", async () => {
  const unknown = await preview({ selection: { not: { vehicleIds: ["car-1", "car-9"] } } });
  expect([unknown.status, unknown.problem().detail]).toEqual([404, "There is no vehicle car-9."]);
  const release = await preview({ selection: { all: true }, releaseId: "nothing" });
  expect(release.problem().code).toBe("RELEASE_UNKNOWN");
});
