/** Calls the API. @returns `data` of the answer */
export type Send = (
  method: "GET" | "POST" | "PUT",
  path: string,
  body: object | Uint8Array,
) => Promise<unknown>;

const CODE = { name: "code", address: 0x0800_0000, length: 0x4_0000, flashed: true };

/** The ECUs of every car, and how large their firmware is. */
const ECUS = [
  { name: "Engine control", hardwareId: "DEMO-ENGINE-1", imageBytes: 96 * 1024 },
  { name: "Brake control", hardwareId: "DEMO-BRAKE-1", imageBytes: 64 * 1024 },
  { name: "Body control", hardwareId: "DEMO-BODY-1", imageBytes: 32 * 1024 },
] as const;

const MODELS = ["Roadster", "Estate", "Van"] as const;
const REGIONS = ["eu-north", "eu-south", "na-east"] as const;
const RELEASES = [
  { version: "1.0.0", name: "First series", headline: "As built" },
  { version: "1.1.0", name: "Spring", headline: "Starts better in the cold" },
] as const;

export interface Seeded {
  readonly vehicles: number;
  readonly releases: number;
  readonly campaignId: string;
}

/** Makes a fleet to try things on: cars of three models, two releases for their ECUs, and a campaign as a draft. */
export async function seedDemonstration(send: Send, vehicles: number): Promise<Seeded> {
  for (const { name, hardwareId } of ECUS) {
    await send("PUT", `/hardware/${hardwareId}`, { title: name, regions: [CODE] });
  }
  let releaseId = "";
  for (const release of RELEASES) releaseId = await publish(send, release);
  for (let n = 1; n <= vehicles; n += 1) await send("POST", "/vehicles", car(n));
  const campaign = await send("POST", "/campaigns", {
    name: "Spring, canaries first",
    releaseId,
    target: { groups: ["demo"] },
    consent: { mode: "banner" },
    safetyPolicy: { parked: true },
    phases: [
      { name: "Canaries", size: { percentage: 5 } },
      { name: "Everybody", size: { percentage: 100 } },
    ],
  });
  const { campaignId } = campaign as { campaignId: string };
  return { vehicles, releases: RELEASES.length, campaignId };
}

async function publish(send: Send, release: (typeof RELEASES)[number]): Promise<string> {
  const { version, name, headline } = release;
  const { releaseId } = (await send("POST", "/releases", { name, headline })) as { releaseId: string };
  for (const { hardwareId, imageBytes } of ECUS) {
    const query = `version=${version}&releaseCounter=1`;
    await send("PUT", `/releases/${releaseId}/images/${hardwareId}?${query}`, image(version, imageBytes));
  }
  await send("POST", `/releases/${releaseId}/publish`, {});
  return releaseId;
}

/** Bytes like code, mostly the same in every version: so a delta between two is small. */
export function image(version: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at += 1) {
    // A linear congruential generator (Numerical Recipes, 7.1): the same bytes on every machine.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  bytes.set(new TextEncoder().encode(`version ${version}`), Math.floor(length / 2));
  return bytes;
}

function car(n: number): object {
  const vehicleId = `demo-${String(n).padStart(5, "0")}`;
  return {
    vehicleId,
    model: MODELS[n % MODELS.length],
    year: 2024 + (n % 3),
    region: REGIONS[n % REGIONS.length],
    groups: ["demo", n % 10 === 0 ? "demo-friends" : "demo-customers"],
    gateway: { ecuId: `GW-${vehicleId}`, name: "Gateway", hardwareId: "DEMO-GATEWAY-1" },
    ecus: ECUS.map(({ name, hardwareId }) => ({
      ecuId: `${hardwareId.split("-")[1]}-${vehicleId}`,
      name,
      hardwareId,
    })),
  };
}
