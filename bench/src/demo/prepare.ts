import { readFile } from "node:fs/promises";
import type { DemoEcu } from "./fleet.ts";
import {
  DEMO_ECUS,
  DEMO_VIN,
  GATEWAY_HARDWARE,
  GATEWAY_ID,
  NEW_VERSION,
  OLD_VERSION,
  RELEASE_NOTES,
} from "./fleet.ts";
import { profileNamed, type EcuProfile } from "@halfshaft/vehicle-net/ecu";
import type { Release } from "@halfshaft/ota-format";
import type { CloudClient } from "./cloud-client.ts";

/** What an upload leaves out, as the cloud says it. */
export interface LeftOut {
  readonly name: string;
  readonly address: number;
  readonly length: number;
}

/** Tells the cloud which hardware there is and which of its memory is flashed. */
export async function registerHardware(cloud: CloudClient): Promise<void> {
  for (const ecu of DEMO_ECUS) {
    const profile = profileNamed(ecu.profile);
    await cloud.put(`/api/v1/hardware/${profile.hardwareId}`, {
      json: { title: profile.title, regions: profile.memory },
    });
  }
}

/** Creates the demo's vehicle. Answers its id and its device token, which is told once. */
export async function registerVehicle(cloud: CloudClient): Promise<{ vehicleId: string; token: string }> {
  const vehicle = await cloud.post<{ vehicleId: string }>("/api/v1/vehicles", {
    vin: DEMO_VIN,
    model: "Demonstrator",
    year: 2026,
    region: "EU",
    groups: ["demo"],
    gateway: { ecuId: GATEWAY_ID, name: "Gateway", hardwareId: GATEWAY_HARDWARE },
    ecus: DEMO_ECUS.map((ecu) => {
      const profile = profileNamed(ecu.profile);
      return { ecuId: ecu.ecuId, name: profile.title, hardwareId: profile.hardwareId };
    }),
  });
  const { token } = await cloud.post<{ token: string }>(
    `/api/v1/vehicles/${vehicle.vehicleId}/device-tokens`,
  );
  return { vehicleId: vehicle.vehicleId, token };
}

/** Uploads the three images of a release and publishes it. `said` is called with what an upload leaves out. */
export async function publishRelease(
  cloud: CloudClient,
  which: "old" | "new",
  said: (ecu: DemoEcu, leftOut: readonly LeftOut[]) => void,
): Promise<Release> {
  const version = which === "old" ? OLD_VERSION : NEW_VERSION;
  const draft = await cloud.post<Release>("/api/v1/releases", {
    name: which === "old" ? "Release 1" : "Release 2",
    headline: which === "old" ? "As built" : "Smoother starts in the cold",
    notes: which === "old" ? "The software that the vehicle left the factory with." : RELEASE_NOTES,
  });
  for (const ecu of DEMO_ECUS) {
    const profile = profileNamed(ecu.profile);
    const answer = await cloud.put<{ leftOut: readonly LeftOut[] }>(
      uploadPath(draft.releaseId, ecu, profile, version),
      {
        bytes: await readFile(which === "old" ? ecu.oldFile : ecu.newFile),
        contentType: ecu.format === "hex" ? "text/x-hex" : "application/octet-stream",
      },
    );
    said(ecu, answer.leftOut);
  }
  return await cloud.post<Release>(`/api/v1/releases/${draft.releaseId}/publish`);
}

function uploadPath(releaseId: string, ecu: DemoEcu, profile: EcuProfile, version: string): string {
  const query = new URLSearchParams({ version, releaseCounter: "1", format: ecu.format });
  if (ecu.format === "bin") {
    const region = profile.memory.find((candidate) => candidate.flashed)!;
    query.set("address", String(region.address));
  }
  return `/api/v1/releases/${releaseId}/images/${profile.hardwareId}?${query.toString()}`;
}

/** How many deltas are ready; undefined while some are still being made. */
export async function waitForDeltas(cloud: CloudClient, releaseId: string): Promise<number | undefined> {
  const deltas = await cloud.get<{ state: string }[]>(`/api/v1/releases/${releaseId}/deltas`);
  if (deltas.some(({ state }) => state === "pending")) return undefined;
  return deltas.filter(({ state }) => state === "made").length;
}

/** Offers a release to one vehicle; the driver is asked, and the vehicle must be parked. */
export async function startCampaign(cloud: CloudClient, releaseId: string, vehicleId: string): Promise<void> {
  const { campaignId } = await cloud.post<{ campaignId: string }>("/api/v1/campaigns", {
    name: "Demonstration",
    releaseId,
    target: { vehicleIds: [vehicleId] },
    consent: { mode: "banner" },
    safetyPolicy: { parked: true, ignitionOff: true, minBatteryVolts: 12 },
  });
  await cloud.post(`/api/v1/campaigns/${campaignId}/start`);
}
