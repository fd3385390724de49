import type { Offer } from "@halfshaft/ota-format";
import {
  eventStream,
  firmware,
  HARDWARE,
  keyOfUser,
  manifestOf,
  publishRelease,
  type TestCloud,
} from "../testing.ts";
import type { Ids } from "./operations.testing.ts";

/** A fleet in one region with something of everything: whatever of it somebody else gets to see is a leak. */
export interface Europe {
  readonly ids: Ids;
  /** What nobody else may read: ids, names, serials. */
  readonly secrets: readonly string[];
  readonly releaseId: string;
  readonly vehicleIds: readonly string[];
  /** Made by someone who reaches Europe alone, and by someone who reaches everything. */
  readonly campaignIds: { readonly own: string; readonly everyones: string };
  readonly deviceTokens: readonly string[];
}

const CARS = [1, 2, 3].map((n) => `car-of-europe-${n}`);
export const vinOf = (vehicleId: string): string => `VIN-${vehicleId}`;
const GROUP = "group-of-europe";
const FILE = "f".repeat(64);

export async function europe(test: TestCloud): Promise<Europe> {
  const call = async (method: "GET" | "POST" | "PUT", path: string, body?: unknown, token?: string) => {
    const reply = await test.call(method, `/api/v1${path}`, {
      ...(body === undefined ? {} : { body }),
      ...(token === undefined ? {} : { token }),
    });
    if (reply.status >= 300) throw new NotMade(`${method} ${path}: ${reply.bytes.toString()}`);
    return reply.data() as Record<string, string>;
  };
  const listed = async (path: string) => (await call("GET", path)) as unknown as Record<string, string>[];

  const old = await publishRelease(test, "1.0.0", firmware(1));
  const { releaseId, imageId } = await publishRelease(test, "2.0.0", firmware(2));
  const deviceTokens: string[] = [];
  for (const vehicleId of CARS) {
    await call("POST", "/vehicles", {
      vehicleId,
      vin: vinOf(vehicleId),
      region: "EU",
      model: "Roadster",
      groups: [GROUP],
      ecus: [{ ecuId: `ENG-${vehicleId}`, name: "Engine control", hardwareId: HARDWARE }],
    });
    const { token } = await call("POST", `/vehicles/${vehicleId}/device-tokens`);
    deviceTokens.push(token!);
    await call("PUT", "/device/version-manifest", manifestOf(vehicleId, "1.0.0", old.sha256), token);
  }
  const [first, second, third] = CARS as [string, string, string];
  for (const path of [`/vehicles/${first}`, `/groups/${GROUP}`]) {
    await call("PUT", `${path}/desired-state`, { configuration: { vehicle: { "charging.of.europe": 80 } } });
  }
  const author = await keyOfUser(test, "author-of-europe", [{ role: "admin", scope: { regions: ["EU"] } }]);
  const begin = async (name: string, vehicleId: string, token?: string): Promise<string> => {
    const body = {
      name,
      releaseId,
      target: { vehicleIds: [vehicleId] },
      consent: { mode: "silent" },
      safetyPolicy: { parked: true },
    };
    const { campaignId } = await call("POST", "/campaigns", body, token);
    await call("POST", `/campaigns/${campaignId}/start`, undefined, token);
    await test.cloud.campaigns.idle();
    return campaignId!;
  };
  const own = await begin("Spring of Europe", first, author);
  const everyones = await begin("Spring", second);
  for (const token of deviceTokens.slice(0, 2)) await failed(test, token);

  // The third one has another engine control than it had.
  const exchanged = manifestOf(third, "1.0.0", old.sha256);
  exchanged.ecus[0]!.ecuId = `NEW-${third}`;
  await call("PUT", "/device/version-manifest", exchanged, deviceTokens[2]);
  const row = { vehicleId: "car-of-europe-9", vin: vinOf(first), region: "EU", ecus: [] };
  const { importId } = await call("POST", "/vehicles/import?allowUnknownHardware=true", [row]);
  await call("POST", "/uploads", { sha256: FILE, length: 64 });
  const draft = await call("POST", "/releases", { name: "Autumn" });
  const webhook = await call("POST", "/webhooks", { url: "https://ops.example/x", actions: ["*"] });
  const user = await call("POST", "/users", { name: "somebody", grants: [] });

  const jobs = await listed("/jobs");
  const [replacement] = await listed(`/vehicles/${third}/replacements`);
  const tokens = await listed(`/vehicles/${first}/device-tokens`);
  return {
    ids: {
      vehicleId: first,
      "vehicles.vehicleId": first,
      replacementId: replacement!.replacementId!,
      jobId: jobs.find(({ campaignId }) => campaignId === own)!.jobId!,
      campaignId: own,
      "vehicles.credentialId": tokens[0]!.credentialId!,
      importId: importId!,
      group: GROUP,
      hardwareId: HARDWARE,
      releaseId: draft.releaseId!,
      imageId,
      sha256: FILE,
      webhookId: webhook.webhookId!,
      userId: user.userId!,
      name: "nobody",
      file: "timestamp.json",
      folder: "images",
    },
    secrets: [
      "of-europe",
      "of Europe",
      "of.europe",
      importId!,
      own,
      replacement!.replacementId!,
      ...jobs.map(({ jobId }) => jobId!),
      ...tokens.map(({ credentialId }) => credentialId!),
    ],
    releaseId,
    vehicleIds: CARS,
    campaignIds: { own, everyones },
    deviceTokens,
  };
}

/** Takes its offer, and fails. */
async function failed(test: TestCloud, token: string): Promise<void> {
  const offer = (await test.call("GET", "/api/v1/device/offer", { token })).data() as Offer;
  const stream = eventStream(offer.jobId);
  const failure = { code: "FLASH_TRANSFER_LOST", operands: { name: "Engine control" } };
  const events = [
    stream.stage("flash", "started"),
    stream.stage("flash", "done", { durationMs: 1000 }),
    stream.outcome("failed", { failure }),
  ];
  await test.call("POST", "/api/v1/device/events", { token, body: { events } });
}

class NotMade extends Error {
  override readonly name = "NotMade";
}
