import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import {
  CODE,
  eventStream,
  firmware,
  HARDWARE,
  manifestOf,
  registerVehicle,
  startCampaign,
  testCloud,
  UICR,
  type TestCloud,
} from "../../testing.ts";
import type { InventoryEntry } from "./inventory-rules.ts";

let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  fixture = await testCloud();
  device = await registerVehicle(fixture, "car");
  await registerVehicle(fixture, "bus");
});
afterEach(() => fixture.close());

const inventory = async (): Promise<InventoryEntry[]> =>
  (await fixture.call("GET", "/api/v1/vehicles/car/software-inventory")).data() as InventoryEntry[];
const report = (version: string, sha256: string) =>
  fixture.call("PUT", "/api/v1/device/version-manifest", {
    token: device,
    body: manifestOf("car", version, sha256),
  });

/** A published release for the engine control, with an RXSWIN. */
async function release(version = 2): Promise<{ releaseId: string; sha256: string }> {
  await fixture.call("PUT", `/api/v1/hardware/${HARDWARE}`, {
    body: { title: "Engine", regions: [CODE, UICR] },
  });
  const draft = await fixture.call("POST", "/api/v1/releases", {
    body: { name: "Spring", rxswin: ["R79-000123"] },
  });
  const { releaseId } = draft.data() as { releaseId: string };
  const path = `/api/v1/releases/${releaseId}/images/${HARDWARE}?version=${version}.0.0&releaseCounter=1`;
  const upload = await fixture.call("PUT", path, {
    body: firmware(version),
    type: "application/octet-stream",
  });
  await fixture.call("POST", `/api/v1/releases/${releaseId}/publish`);
  return { releaseId, sha256: (upload.data() as { image: { sha256: string } }).image.sha256 };
}

/** Installs it by a campaign. */
async function install(made: { releaseId: string; sha256: string }): Promise<string> {
  const campaignId = await startCampaign(fixture, made.releaseId, ["car"]);
  await carryOut(made, "2.0.0");
  return campaignId;
}

async function carryOut({ sha256 }: { sha256: string }, version: string): Promise<void> {
  const offer = await fixture.call("GET", "/api/v1/device/offer", { token: device });
  const events = eventStream((offer.data() as Offer).jobId);
  const at = (fixture.clock.at += 1000);
  const stamped = [events.stage("flash", "started"), events.outcome("succeeded")];
  const body = { events: stamped.map((event) => ({ ...event, at })) };
  await fixture.call("POST", "/api/v1/device/events", { token: device, body });
  await report(version, sha256);
}

test("D7 software that an update brought is recorded with RXSWIN, release, campaign and time", async () => {
  const made = await release();
  const campaignId = await install(made);
  expect((await inventory())[0]).toMatchObject({
    ecuId: "ENG-car",
    rxswin: ["R79-000123"],
    softwareId: `images/${HARDWARE}_2.0.0.bin`,
    version: "2.0.0",
    sha256: made.sha256,
    source: "update",
    installedAt: fixture.clock.at,
    release: "Spring",
    campaignId,
  });
});

test("D7 software that came by other means says so, also after an update", async () => {
  await install(await release());
  await report("1.0.0", "a".repeat(64));
  expect((await inventory())[0]).toMatchObject({
    version: "1.0.0",
    source: "other",
    rxswin: [],
    softwareId: null,
    campaignId: null,
  });
});

test("D7 of two updates of an ECU the one that ended last is recorded, also where its job is the older one", async () => {
  const [newest, before] = [await release(3), await release(2)];
  const campaignId = await startCampaign(fixture, newest.releaseId, ["car"], { priority: "critical" });
  await fixture.call("POST", `/api/v1/campaigns/${campaignId}/pause`);
  await install(before);
  await fixture.call("POST", `/api/v1/campaigns/${campaignId}/resume`);
  await carryOut(newest, "3.0.0");
  expect((await inventory())[0]).toMatchObject({ version: "3.0.0", source: "update", campaignId });
});

test("D7 an ECU that never told its software is in the record as unknown", async () => {
  expect(await inventory()).toMatchObject([
    { ecuId: "ENG-car", source: "unknown", version: null },
    { ecuId: "GW-car", source: "unknown" },
  ]);
});

test("D7 the fleet's record is exported as JSON lines, whole or for one RXSWIN", async () => {
  await install(await release());
  const read = async (query: string): Promise<string[]> => {
    const answer = await fixture.call("GET", `/api/v1/software-inventory${query}`);
    expect(answer.header("content-type")).toBe("application/x-ndjson");
    const lines = answer.bytes.toString().trimEnd().split("\n");
    return lines.map((line) => (JSON.parse(line) as InventoryEntry).ecuId);
  };
  expect(await read("")).toEqual(["ENG-bus", "GW-bus", "ENG-car", "GW-car"]);
  expect(await read("?rxswin=R79-000123")).toEqual(["ENG-car"]);
});

test("D7 the fleet's record is exported as a table", async () => {
  await install(await release());
  const answer = await fixture.call("GET", "/api/v1/software-inventory?format=csv&rxswin=R79-000123");
  const [header, row] = answer.bytes.toString().split("\r\n");
  expect(header).toMatch(/^vehicleId,vin,rxswin,ecuId,name/);
  expect(row).toMatch(
    /^car,,R79-000123,ENG-car,Engine control,HW-ENGINE,,images\/HW-ENGINE_2.0.0.bin,2.0.0,/,
  );
});
