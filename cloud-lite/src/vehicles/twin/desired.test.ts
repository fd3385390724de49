import { afterEach, beforeEach, expect, test } from "vitest";
import type { Offer } from "@halfshaft/ota-format";
import { DEFAULT_ORGANISATION } from "../../db/open.ts";
import {
  CODE,
  eventStream,
  firmware,
  startCampaign,
  testCloud,
  UICR,
  type TestCloud,
} from "../../testing.ts";
import { desiredSoftware } from "./desired.ts";

let fixture: TestCloud;
let device: string;
beforeEach(async () => {
  fixture = await testCloud();
  const ecus = [
    { ecuId: "ENG", name: "Engine", hardwareId: "HW-E" },
    { ecuId: "BRK", name: "Brakes", hardwareId: "HW-B" },
    { ecuId: "DR1", name: "Left door", hardwareId: "HW-D" },
    { ecuId: "DR2", name: "Right door", hardwareId: "HW-D" },
  ];
  for (const hardwareId of ["HW-E", "HW-B", "HW-D"]) {
    const body = { title: hardwareId, regions: [CODE, UICR] };
    await fixture.call("PUT", `/api/v1/hardware/${hardwareId}`, { body });
  }
  await fixture.call("POST", "/api/v1/vehicles", { body: { vehicleId: "car", ecus } });
  const issued = await fixture.call("POST", "/api/v1/vehicles/car/device-tokens");
  device = (issued.data() as { token: string }).token;
});
afterEach(() => fixture.close());

interface Made {
  releaseId: string;
  sha256: string;
}

async function release(hardwareId: string, version: number): Promise<Made> {
  const draft = await fixture.call("POST", "/api/v1/releases", {
    body: { name: `${hardwareId} ${version}` },
  });
  const { releaseId } = draft.data() as { releaseId: string };
  const path = `/api/v1/releases/${releaseId}/images/${hardwareId}?version=${version}.0.0&releaseCounter=1`;
  const upload = await fixture.call("PUT", path, {
    body: firmware(version),
    type: "application/octet-stream",
  });
  await fixture.call("POST", `/api/v1/releases/${releaseId}/publish`);
  return { releaseId, sha256: (upload.data() as { image: { sha256: string } }).image.sha256 };
}

async function offer({ releaseId }: Made): Promise<string> {
  await startCampaign(fixture, releaseId, ["car"]);
  return takeOffer();
}

async function takeOffer(): Promise<string> {
  const answer = await fixture.call("GET", "/api/v1/device/offer", { token: device });
  return (answer.data() as Offer).jobId;
}

/** Offers a release, and ends its job well. */
const install = async (made: Made, version: number): Promise<string> =>
  carryOut(await offer(made), made, version);

async function carryOut(jobId: string, made: Made, version: number): Promise<string> {
  const { ecus } = (await fixture.call("GET", `/api/v1/jobs/${jobId}`)).data() as {
    ecus: { ecuId: string; name: string; hardwareId: string }[];
  };
  const events = eventStream(jobId);
  const at = (fixture.clock.at += 1000);
  const stamped = [events.stage("flash", "started"), events.outcome("succeeded")];
  const body = { events: stamped.map((event) => ({ ...event, at })) };
  await fixture.call("POST", "/api/v1/device/events", { token: device, body });
  const reports = ecus.map(({ ecuId, name, hardwareId }) => ({
    ecuId,
    name,
    hardwareId,
    version: `${version}.0.0`,
    imageSha256: made.sha256,
    bootState: "committed",
  }));
  const manifest = { at: 1, clockTrusted: true, ecus: reports };
  await fixture.call("PUT", "/api/v1/device/version-manifest", { token: device, body: manifest });
  return jobId;
}

const directed = async (): Promise<Record<string, { ecus: string[]; jobId: string }>> => {
  const { targets } = await desiredSoftware(fixture.cloud.db, DEFAULT_ORGANISATION, "car");
  return Object.fromEntries(
    targets.map(({ path, custom }) => [
      path,
      { ecus: Object.keys(custom.ecuIdentifiers), jobId: custom.jobId },
    ]),
  );
};

test("D3 the Director lists the present job's ECUs, and what earlier jobs brought to the others", async () => {
  const first = await install(await release("HW-E", 1), 1);
  const second = await offer(await release("HW-B", 1));
  expect(await directed()).toEqual({
    "images/HW-B_1.0.0.bin": { ecus: ["BRK"], jobId: second },
    "images/HW-E_1.0.0.bin": { ecus: ["ENG"], jobId: first },
  });
});

test("D3 the Director lists an ECU with its last job only", async () => {
  await install(await release("HW-E", 1), 1);
  const second = await offer(await release("HW-E", 2));
  expect(await directed()).toEqual({ "images/HW-E_2.0.0.bin": { ecus: ["ENG"], jobId: second } });
});

test("D3 an ECU that has the present job's image by an earlier job does not become part of that job", async () => {
  const doors = await release("HW-D", 1);
  await install(doors, 1);
  await fixture.cloud.db.updateTable("ecus").set({ imageSha256: null }).where("ecuId", "=", "DR2").execute();
  const again = await offer(doors);
  expect(await directed()).toEqual({ "images/HW-D_1.0.0.bin": { ecus: ["DR2"], jobId: again } });
});

test("D3 the Director lists for an ECU what ended last, also where that job is the older one", async () => {
  const [newest, before] = [await release("HW-E", 2), await release("HW-E", 1)];
  const older = await startCampaign(fixture, newest.releaseId, ["car"], { priority: "critical" });
  await fixture.call("POST", `/api/v1/campaigns/${older}/pause`);
  await install(before, 1);
  await fixture.call("POST", `/api/v1/campaigns/${older}/resume`);
  const jobId = await carryOut(await takeOffer(), newest, 2);
  await offer(await release("HW-B", 1));
  expect(await directed()).toMatchObject({ "images/HW-E_2.0.0.bin": { ecus: ["ENG"], jobId } });
});
