import { afterEach, beforeEach, expect, test } from "vitest";
import type { EcuReport, Event, Offer } from "@halfshaft/ota-format";
import type { JobSummary } from "../../jobs/schema.ts";
import {
  eventStream,
  firmware,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../../testing.ts";
import type { ReplacementRow } from "./replacement-store.ts";

let fixture: TestCloud;
let device: string;
let old: string;
let fresh: string;
let jobId: string;
let events: ReturnType<typeof eventStream>;
/** A vehicle with a job that is offered. */
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
  old = (await publishRelease(fixture, "1.0.0", firmware(1))).sha256;
  await report("ENG-car", "1.0.0");
  const release = await publishRelease(fixture, "2.0.0", firmware(2));
  fresh = release.sha256;
  await startCampaign(fixture, release.releaseId, ["car"]);
  jobId = (await offerNow())!.jobId;
  events = eventStream(jobId);
});
afterEach(() => fixture.close());

const offerNow = async (): Promise<Offer | null> =>
  (await fixture.call("GET", "/api/v1/device/offer", { token: device })).data() as Offer | null;
const tell = (event: Event) =>
  fixture.call("POST", "/api/v1/device/events", { token: device, body: { events: [event] } });
const begin = () => tell(events.stage("flash", "started"));
async function report(ecuId: string, version: string, more: Partial<EcuReport> = {}): Promise<void> {
  const body = manifestOf("car", version, version === "1.0.0" ? old : fresh);
  Object.assign(body.ecus[0]!, { ecuId, ...more });
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
}
async function decide(verb: "approve" | "reject"): Promise<void> {
  const found = await fixture.call("GET", "/api/v1/vehicles/car/replacements");
  const { replacementId } = (found.data() as ReplacementRow[])[0]!;
  await fixture.call("POST", `/api/v1/vehicles/car/replacements/${replacementId}/${verb}`);
}
const job = async (): Promise<JobSummary> =>
  (await fixture.call("GET", `/api/v1/jobs/${jobId}`)).data() as JobSummary;

const STEPS = {
  outcome: () => tell(events.outcome("succeeded")),
  exchanged: () => report("ENG-new", "1.0.0"),
  otherHardware: () => report("ENG-new", "1.0.0", { hardwareId: "HW-OTHER" }),
  takenOut: () =>
    fixture.call("PUT", "/api/v1/device/version-manifest", {
      token: device,
      body: { at: 1, clockTrusted: true, ecus: [] },
    }),
  newRunsIt: () => report("ENG-new", "2.0.0"),
  formerRunsIt: () => report("ENG-car", "2.0.0"),
  approve: () => decide("approve"),
  reject: () => decide("reject"),
} as const satisfies Record<string, () => Promise<unknown>>;

test.each<[string, JobSummary["status"]]>([
  ["exchanged approve outcome newRunsIt", "succeeded"],
  ["exchanged outcome approve newRunsIt", "failed"],
  ["exchanged outcome newRunsIt approve", "succeeded"],
  ["outcome newRunsIt approve", "succeeded"],
  ["newRunsIt outcome approve", "succeeded"],
  ["newRunsIt approve outcome", "succeeded"],
  ["outcome exchanged approve", "failed"],
  ["exchanged approve outcome exchanged", "failed"],
  ["outcome exchanged", "active"],
  ["outcome exchanged reject", "failed"],
  ["exchanged reject outcome exchanged", "failed"],
  ["exchanged reject outcome formerRunsIt", "succeeded"],
  ["exchanged reject approve outcome newRunsIt", "succeeded"],
  ["outcome otherHardware approve", "failed"],
  ["outcome takenOut approve", "failed"],
  ["takenOut approve outcome takenOut", "failed"],
])("D3 of an ECU that is exchanged while its job is active: %s ends it as %s", async (steps, status) => {
  await begin();
  for (const step of steps.split(" ")) await STEPS[step as keyof typeof STEPS]();
  expect((await job()).status).toBe(status);
});

test("D3 an active job tells which other software the new ECU runs", async () => {
  await begin();
  await STEPS.outcome();
  await STEPS.exchanged();
  await STEPS.approve();
  expect(await job()).toMatchObject({
    failure: {
      code: "REPORT_MANIFEST_DISAGREES",
      ecuId: "ENG-new",
      sentence: "The vehicle reported success, but Engine control runs 1.0.0 instead of 2.0.0.",
    },
  });
});

test("C8 a vehicle whose ECU was exchanged during a job gets its next one", async () => {
  await begin();
  await STEPS.exchanged();
  await STEPS.approve();
  await STEPS.outcome();
  await STEPS.newRunsIt();
  const { releaseId } = await publishRelease(fixture, "3.0.0", firmware(3));
  await startCampaign(fixture, releaseId, ["car"]);
  expect(await offerNow()).toMatchObject({ ecus: [{ ecuId: "ENG-new", version: "3.0.0" }] });
});

test("D3 a job that expired at the approval and had begun unheard ends by what the new ECU runs", async () => {
  await STEPS.exchanged();
  await STEPS.approve();
  expect((await job()).status).toBe("expired");
  await begin();
  await STEPS.outcome();
  await STEPS.newRunsIt();
  expect((await job()).status).toBe("succeeded");
});

test("D3 an approved ECU is in the twin with the software that it told of last", async () => {
  await STEPS.exchanged();
  await STEPS.newRunsIt();
  await STEPS.approve();
  const vehicle = await fixture.call("GET", "/api/v1/vehicles/car");
  expect(vehicle.data()).toMatchObject({ ecus: [{ ecuId: "ENG-new", version: "2.0.0" }, {}] });
});
