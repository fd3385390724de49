import type { CloudClient } from "../../demo/cloud-client.ts";
import { HARDWARE_ID } from "./seed.ts";

const IMAGE_BYTES = 4096;

/** Publishes a release for the engine control of every vehicle. @returns its id */
export async function publishRelease(client: CloudClient, version: string): Promise<string> {
  const regions = [{ name: "code", address: 0x1000, length: 0x10_000, flashed: true }];
  await client.put(`/api/v1/hardware/${HARDWARE_ID}`, { json: { title: "Engine control", regions } });
  const { releaseId } = await client.post<{ releaseId: string }>("/api/v1/releases", {
    name: `Release ${version}`,
  });
  const bytes = Buffer.alloc(IMAGE_BYTES, version);
  const query = `version=${version}&releaseCounter=1`;
  await client.put(`/api/v1/releases/${releaseId}/images/${HARDWARE_ID}?${query}`, {
    bytes,
    contentType: "application/octet-stream",
  });
  await client.post(`/api/v1/releases/${releaseId}/publish`);
  return releaseId;
}

/** A draft of a campaign for the whole fleet. @returns its id */
export async function draftCampaign(client: CloudClient, releaseId: string, target: object): Promise<string> {
  const { campaignId } = await client.post<{ campaignId: string }>("/api/v1/campaigns", {
    name: "Bench",
    releaseId,
    target,
    consent: { mode: "banner" },
    safetyPolicy: { parked: true },
  });
  return campaignId;
}
