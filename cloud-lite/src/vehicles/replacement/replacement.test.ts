import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import {
  firmware,
  HARDWARE,
  manifestOf,
  publishRelease,
  registerVehicle,
  startCampaign,
  testCloud,
  type TestCloud,
} from "../../testing.ts";
import type { ReplacementRow } from "./replacement-store.ts";
import type { Vehicle } from "../schema.ts";

let fixture: TestCloud;
let device: string;
let sha256: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
  ({ sha256 } = await publishRelease(fixture, "1.0.0", firmware(1)));
  await report({});
});
afterEach(() => fixture.close());

/** The manifest of the vehicle, with an ECU that differs in this. */
async function report(different: object): Promise<void> {
  const body = manifestOf("car", "1.0.0", sha256);
  Object.assign(body.ecus[0]!, different);
  const answer = await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body });
  expect(answer.status).toBe(200);
}
const replacements = async (): Promise<ReplacementRow[]> =>
  (await fixture.call("GET", "/api/v1/vehicles/car/replacements")).data() as ReplacementRow[];
const vehicle = async (): Promise<Vehicle> =>
  (await fixture.call("GET", "/api/v1/vehicles/car")).data() as Vehicle;
const decide = (replacementId: string, verb: "approve" | "reject") =>
  fixture.call("POST", `/api/v1/vehicles/car/replacements/${replacementId}/${verb}`, {
    body: { why: "order 4711" },
  });
const heldReason = async (): Promise<string | null> =>
  (await fixture.cloud.db.selectFrom("vehicles").select("heldReason").executeTakeFirstOrThrow()).heldReason;
const offerNow = async (): Promise<Offer | null> =>
  (await fixture.call("GET", "/api/v1/device/offer", { token: device })).data() as Offer | null;
const actions = async (): Promise<string[]> => {
  const entries = (await fixture.call("GET", "/api/v1/audit?subjectId=car")).data() as { action: string }[];
  return entries.map(({ action }) => action);
};

test("D3 an ECU that was replaced in a workshop holds the vehicle, once", async () => {
  await report({ ecuId: "ENG-new" });
  await report({ ecuId: "ENG-new" });
  expect(await replacements()).toMatchObject([
    { kind: "replaced", state: "open", before: { ecuId: "ENG-car" }, after: { ecuId: "ENG-new" } },
  ]);
  expect(await vehicle()).toMatchObject({ heldReason: "ecuReplaced", heldAt: fixture.clock.at });
  expect((await vehicle()).ecus.map(({ ecuId }) => ecuId)).toContain("ENG-car");
  expect((await actions()).filter((action) => action === "vehicle.held")).toHaveLength(1);
});

test("D3 what waits for a decision is listed for the whole fleet", async () => {
  await report({ ecuId: "ENG-new" });
  const list = async (query: string): Promise<unknown> =>
    (await fixture.call("GET", `/api/v1/replacements${query}`)).data();
  expect(await list("")).toMatchObject([{ vehicleId: "car", name: "Engine control" }]);
  await decide((await replacements())[0]!.replacementId, "approve");
  expect(await list("")).toEqual([]);
  expect(await list("?state=approved")).toMatchObject([{ vehicleId: "car" }]);
});

test("D3 a held vehicle is offered nothing", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  await report({ ecuId: "ENG-new" });
  expect(await offerNow()).toBeNull();
});

test("D3 an approved ECU takes its place in the twin, and the waiting job goes to it", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  await report({ ecuId: "ENG-new" });
  const [open] = await replacements();
  expect((await decide(open!.replacementId, "approve")).data()).toMatchObject({
    state: "approved",
    why: "order 4711",
  });
  expect(await heldReason()).toBeNull();
  expect((await vehicle()).ecus[0]).toMatchObject({
    ecuId: "ENG-new",
    name: "Engine control",
    version: "1.0.0",
  });
  expect((await offerNow())!.ecus).toMatchObject([{ ecuId: "ENG-new", hardwareId: HARDWARE }]);
  expect((await decide(open!.replacementId, "approve")).status).toBe(200);
  expect((await actions()).filter((action) => action === "replacement.approved")).toHaveLength(1);
});

test("D3 a job that was offered to an ECU which is gone expires at the approval", async () => {
  const { releaseId } = await publishRelease(fixture, "2.0.0", firmware(2));
  await startCampaign(fixture, releaseId, ["car"]);
  const { jobId } = (await offerNow())!;
  await report({ ecuId: "ENG-new" });
  await decide((await replacements())[0]!.replacementId, "approve");
  expect((await fixture.call("GET", `/api/v1/jobs/${jobId}`)).data()).toMatchObject({ status: "expired" });
});

test("D3 a rejected ECU keeps the vehicle held until it reports the former one", async () => {
  await report({ ecuId: "ENG-new" });
  await decide((await replacements())[0]!.replacementId, "reject");
  expect(await heldReason()).toBe("replacementRejected");
  await report({ ecuId: "ENG-new" });
  expect(await heldReason()).toBe("replacementRejected");
  await report({});
  expect(await heldReason()).toBeNull();
  expect(await replacements()).toMatchObject([{ state: "resolved" }]);
});

test("D3 an ECU that does not answer proves nothing: the vehicle stays held", async () => {
  await report({ ecuId: "ENG-new" });
  await report({ version: undefined, imageSha256: undefined, bootState: "unknown" });
  expect(await heldReason()).toBe("ecuReplaced");
});

test("D3 what was approved cannot be rejected, and another vehicle's replacement is unknown", async () => {
  await registerVehicle(fixture, "bus");
  await report({ ecuId: "ENG-new" });
  const { replacementId } = (await replacements())[0]!;
  const foreign = await fixture.call("POST", `/api/v1/vehicles/bus/replacements/${replacementId}/approve`);
  expect(foreign.problem()).toMatchObject({ status: 404, code: "REPLACEMENT_UNKNOWN" });
  await decide(replacementId, "approve");
  expect((await decide(replacementId, "reject")).problem()).toMatchObject({
    status: 409,
    code: "REPLACEMENT_DECIDED",
  });
});
