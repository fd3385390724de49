import { afterEach, beforeEach, expect, test } from "vitest";
import type { DesiredState, Offer, ReportedState } from "@halfshaft/ota-format";
import type { Static } from "typebox";
import {
  CODE,
  eventStream,
  firmware,
  HARDWARE,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../../testing.ts";
import type { Twin as TwinSchema } from "./twin-read-routes.ts";

type Twin = Static<typeof TwinSchema>;

let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
});
afterEach(() => fixture.close());

const OWN = "/api/v1/vehicles/car/desired-state";
const GROUP = "/api/v1/groups/test-fleet/desired-state";
const twin = async (): Promise<Twin> =>
  (await fixture.call("GET", "/api/v1/vehicles/car/twin")).data() as Twin;
const engine = async () => (await twin()).ecus.find(({ ecuId }) => ecuId === "ENG-car")!;
const reportSoftware = (version: string, sha256: string) =>
  fixture.call("PUT", "/api/v1/device/version-manifest", {
    token: device,
    body: manifestOf("car", version, sha256),
  });
const want = (url: string, body: object, headers = {}) => fixture.call("PUT", url, { body, headers });
const wanted = async (): Promise<DesiredState> =>
  (await fixture.call("GET", "/api/v1/device/desired-state", { token: device })).data() as DesiredState;
const offerNow = async (): Promise<Offer | null> =>
  (await fixture.call("GET", "/api/v1/device/offer", { token: device })).data() as Offer | null;
const reportState = (state: DesiredState, more: Partial<ReportedState> = {}) => {
  const ecus = Object.fromEntries(state.ecus.map(({ ecuId, configuration }) => [ecuId, configuration]));
  const { revision, configuration } = state;
  const body = { at: fixture.clock.at, revision, configuration, ecus, refused: [], ...more };
  return fixture.call("PUT", "/api/v1/device/reported-state", { token: device, body });
};

/** Installs this release on the vehicle, from the offer to the manifest. */
async function install(release: { releaseId: string; sha256: string }, version: string): Promise<void> {
  await startCampaign(fixture, release.releaseId, ["car"]);
  await carryOut(release, version);
}

async function carryOut(release: { sha256: string }, version: string): Promise<void> {
  const { jobId } = (await offerNow())!;
  const events = eventStream(jobId);
  const at = (fixture.clock.at += 1000);
  const stamped = [events.stage("flash", "started"), events.outcome("succeeded")];
  const body = { events: stamped.map((event) => ({ ...event, at })) };
  await fixture.call("POST", "/api/v1/device/events", { token: device, body });
  await reportSoftware(version, release.sha256);
}

test("D3 a vehicle that was never heard of is unknown", async () => {
  expect(await twin()).toMatchObject({ state: "unknown", reasons: ["notReported"] });
});

test("D3 a vehicle reporting an older version after an offline flash is believed", async () => {
  const old = await publishRelease(fixture, "1.0.0", firmware(1));
  const fresh = await publishRelease(fixture, "2.0.0", firmware(2));
  await reportSoftware("1.0.0", old.sha256);
  await install(fresh, "2.0.0");
  expect(await engine()).toMatchObject({
    state: "inSync",
    desired: { version: "2.0.0", source: "job" },
    reported: { version: "2.0.0" },
  });

  fixture.clock.at += 1000;
  await reportSoftware("1.0.0", old.sha256);
  expect(await engine()).toMatchObject({
    state: "drifted",
    reason: "reportsOlder",
    since: fixture.clock.at,
    desired: { version: "2.0.0" },
    reported: { version: "1.0.0", sha256: old.sha256 },
  });
  await startCampaign(fixture, fresh.releaseId, ["car"]);
  expect(await offerNow()).toMatchObject({ ecus: [{ ecuId: "ENG-car", version: "2.0.0" }] });
});

test("D3 the last job of an ECU is the one that ended last, also where it is the older one", async () => {
  const [first, second] = [
    await publishRelease(fixture, "2.0.0", firmware(2)),
    await publishRelease(fixture, "3.0.0", firmware(3)),
  ];
  const older = await startCampaign(fixture, second.releaseId, ["car"], { priority: "critical" });
  await fixture.call("POST", `/api/v1/campaigns/${older}/pause`);
  await install(first, "2.0.0");
  await fixture.call("POST", `/api/v1/campaigns/${older}/resume`);
  await carryOut(second, "3.0.0");
  expect(await engine()).toMatchObject({ state: "inSync", desired: { version: "3.0.0" } });
  const body = { selection: { inSync: true } };
  const found = await fixture.call("POST", "/api/v1/vehicles/search", { body });
  expect(found.data()).toMatchObject([{ vehicleId: "car" }]);
});

test("D3 a vehicle with a replaced ECU is held in the twin, with its reason", async () => {
  await reportSoftware("1.0.0", "a".repeat(64));
  const body = manifestOf("car", "1.0.0", "a".repeat(64));
  body.ecus[0]!.ecuId = "ENG-new";
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  expect(await twin()).toMatchObject({ state: "held", reasons: ["ecuReplaced"] });
});

test("D8 a desired state is written in versions, and the same one again is no new version", async () => {
  expect((await fixture.call("GET", OWN)).data()).toEqual({ version: 0, state: {} });
  const state = { configuration: { vehicle: { limit: 80 } } };
  expect((await want(OWN, state)).data()).toMatchObject({ version: 1, state });
  expect((await want(OWN, state)).data()).toMatchObject({ version: 1 });
  expect((await want(OWN, {})).data()).toMatchObject({ version: 2, state: {} });
  const versions = (await fixture.call("GET", `${OWN}/versions`)).data();
  expect(versions).toMatchObject([{ version: 2 }, { version: 1, state }]);
  expect(fixture.wokenUp).toContain("car");
});

test("D8 a desired state that changed since it was read is not overwritten", async () => {
  const etag = (await fixture.call("GET", OWN)).header("etag")!;
  await want(OWN, { configuration: { vehicle: { limit: 80 } } }, { "if-match": etag });
  const late = await want(OWN, { configuration: { vehicle: { limit: 90 } } }, { "if-match": etag });
  expect(late.problem()).toMatchObject({ status: 412, code: "PRECONDITION_FAILED" });
});

test("D8 a vehicle gets its group's state and its own, and need not read it twice", async () => {
  await want(GROUP, {
    configuration: { vehicle: { limit: 80, beep: true }, ecus: { [HARDWARE]: { idle: 800 } } },
  });
  await want(OWN, { configuration: { vehicle: { limit: 90 }, ecus: { "ENG-car": { boost: 1 } } } });
  const answer = await fixture.call("GET", "/api/v1/device/desired-state", { token: device });
  expect(answer.data()).toMatchObject({
    configuration: { beep: true, limit: 90 },
    ecus: [
      { ecuId: "ENG-car", configuration: { boost: 1, idle: 800 } },
      { ecuId: "GW-car", configuration: {} },
    ],
  });
  const headers = { "if-none-match": answer.header("etag")! };
  expect((await fixture.call("GET", "/api/v1/device/desired-state", { token: device, headers })).status).toBe(
    304,
  );
});

test("D8 settings are pending until the vehicle reports them, then applied or refused with its reason", async () => {
  await reportSoftware("1.0.0", "a".repeat(64));
  await want(GROUP, { configuration: { vehicle: { limit: 80 }, ecus: { [HARDWARE]: { idle: 800 } } } });
  expect((await twin()).configuration).toMatchObject([{ key: "limit", state: "pending", desired: 80 }]);
  const state = await wanted();
  const reason = "this ECU has no such setting";
  await reportState(state, { ecus: {}, refused: [{ ecuId: "ENG-car", key: "idle", reason }] });
  expect((await twin()).configuration).toMatchObject([{ key: "limit", state: "applied", reported: 80 }]);
  expect((await engine()).configuration).toMatchObject([{ key: "idle", state: "refused", reason }]);
  expect(await twin()).toMatchObject({ state: "drifted", reportedRevision: state.revision });
});

test("D8 software that is desired for a hardware makes its ECUs drift until they run it", async () => {
  const old = await publishRelease(fixture, "1.0.0", firmware(1));
  const fresh = await publishRelease(fixture, "2.0.0", firmware(2));
  await reportSoftware("1.0.0", old.sha256);
  await want(GROUP, { software: { [HARDWARE]: { releaseId: fresh.releaseId } } });
  expect(await engine()).toMatchObject({ state: "drifted", reason: "reportsOlder" });
  expect((await wanted()).ecus[0]).toMatchObject({ ecuId: "ENG-car", version: "2.0.0" });
  await reportSoftware("2.0.0", fresh.sha256);
  expect(await engine()).toMatchObject({ state: "inSync", desired: { source: "desiredState" } });
});

test("D8 software that was never released cannot be desired", async () => {
  const refused = await want(OWN, { software: { [HARDWARE]: { version: "9.0.0" } } });
  expect(refused.problem()).toMatchObject({
    status: 422,
    code: "DESIRED_SOFTWARE_UNKNOWN",
    detail: `There is no version 9.0.0 for ${HARDWARE} that was released.`,
  });
});

test("D8 a release that is not known cannot be desired", async () => {
  const releaseId = "0193f3a0-7c00-7abc-8def-0123456789ab";
  const refused = await want(OWN, { software: { [HARDWARE]: { releaseId } } });
  expect(refused.problem().detail).toBe(
    `There is no image of release ${releaseId} for ${HARDWARE} that was released.`,
  );
});

test("D8 settings of an ECU that the vehicle does not have are refused", async () => {
  const refused = await want(OWN, { configuration: { ecus: { TYPO: { idle: 800 } } } });
  expect(refused.problem()).toMatchObject({
    status: 422,
    code: "ECU_UNKNOWN",
    detail: "Vehicle car has no ECU TYPO.",
  });
});

test("D8 settings may be written for hardware that the vehicle does not have yet", async () => {
  await fixture.call("PUT", "/api/v1/hardware/HW-TRAILER", { body: { title: "Trailer", regions: [CODE] } });
  const written = await want(OWN, { configuration: { ecus: { "HW-TRAILER": { brake: 1 } } } });
  expect(written.status).toBe(200);
});

/** The engine control is exchanged, and somebody approves it. */
async function exchange(): Promise<void> {
  await reportSoftware("1.0.0", "a".repeat(64));
  const body = manifestOf("car", "1.0.0", "a".repeat(64));
  body.ecus[0]!.ecuId = "ENG-new";
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  const found = await fixture.call("GET", "/api/v1/vehicles/car/replacements");
  const [{ replacementId }] = found.data() as [{ replacementId: string }];
  await fixture.call("POST", `/api/v1/vehicles/car/replacements/${replacementId}/approve`);
}

test("D8 the settings of an ECU, also a group's, go to the one that takes its place", async () => {
  await want(GROUP, { configuration: { ecus: { "ENG-car": { idle: 800, boost: 0 } } } });
  await want(OWN, { configuration: { ecus: { "ENG-car": { boost: 1 } } } });
  await exchange();
  expect((await wanted()).ecus[0]).toMatchObject({
    ecuId: "ENG-new",
    configuration: { boost: 1, idle: 800 },
  });
  expect((await fixture.call("GET", OWN)).data()).toMatchObject({
    version: 2,
    state: { configuration: { ecus: { "ENG-new": { boost: 1 } } } },
  });
});

test("D8 a desired state that names no exchanged ECU stays as it is", async () => {
  await want(OWN, { configuration: { ecus: { [HARDWARE]: { idle: 800 } } } });
  await exchange();
  expect((await fixture.call("GET", OWN)).data()).toMatchObject({ version: 1 });
});

test("D8 a desired state has a limit", async () => {
  const huge = { configuration: { vehicle: { text: "x".repeat(70_000) } } };
  expect((await want(OWN, huge)).status).toBe(413);
});
