import { v7 as uuidv7 } from "uuid";
import type { Offer } from "@halfshaft/ota-format";
import { issueToken } from "../access/store.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import type { Job } from "../jobs/schema.ts";
import { eventStream, firmware, HARDWARE, manifestOf, publishRelease, type TestCloud } from "../testing.ts";
import { insertVehicle } from "../vehicles/store.ts";
import type { Campaign, CampaignBody } from "./schema.ts";

/** Vehicles without a gateway: what they do is said by the test, through the API of devices. */
export interface TestFleet {
  readonly vehicleIds: readonly string[];
  offer(vehicleId: string): Promise<Offer | null>;
  /** Takes its offer and reports the first steps. @returns the job */
  begin(vehicleId: string): Promise<Offer>;
  /** Takes its offer and waits for its driver. @returns the job */
  waitForDriver(vehicleId: string): Promise<Offer>;
  /** Is there, and busy with its job. */
  beat(vehicleId: string): Promise<void>;
  /** Has begun, and waits for what of the safety policy is missing. */
  waitFor(vehicleId: string, missing: readonly string[]): Promise<void>;
  /** Has begun, and a step of the whole vehicle took so long. */
  took(vehicleId: string, stage: string, durationMs: number): Promise<void>;
  /** Goes the whole way. */
  succeed(vehicleId: string): Promise<void>;
  /** @param code why; null where it says nothing */
  end(
    vehicleId: string,
    outcome: "failed" | "rolledBack" | "declined" | "expired",
    code?: string | null,
  ): Promise<void>;
}

/** Registers vehicles with one ECU each, which has said nothing yet. */
export async function registerFleet(
  test: TestCloud,
  count: number,
  more: { prefix?: string; region?: string } = {},
): Promise<TestFleet> {
  const { prefix = "car", region } = more;
  const vehicleIds = Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(4, "0")}`);
  const tokens = new Map<string, string>();
  const at = test.clock.at;
  await test.cloud.db.transaction().execute(async (tx) => {
    for (const vehicleId of vehicleIds) {
      await insertVehicle(tx, DEFAULT_ORGANISATION, at, {
        vehicleId,
        ...(region === undefined ? {} : { region }),
        ecus: [{ ecuId: `ENG-${vehicleId}`, name: "Engine control", hardwareId: HARDWARE }],
      });
      const given = { organisationId: DEFAULT_ORGANISATION, label: vehicleId, at } as const;
      const { token } = await issueToken(tx, { ...given, kind: "device", vehicleId });
      tokens.set(vehicleId, token);
    }
  });
  const call = (method: "GET" | "POST" | "PUT", path: string, vehicleId: string, body?: unknown) =>
    test.call(method, `/api/v1/device/${path}`, { token: tokens.get(vehicleId)!, body });
  const report = (vehicleId: string, events: unknown[]) => call("POST", "events", vehicleId, { events });
  const jobs = new Map<string, { jobId: string; stream: ReturnType<typeof eventStream> }>();

  const take = async (vehicleId: string, stage: string): Promise<Offer> => {
    const offer = await fleet.offer(vehicleId);
    if (!offer) throw new NoOffer(`${vehicleId} is offered nothing`);
    const stream = eventStream(offer.jobId, offer.attempt);
    jobs.set(vehicleId, { jobId: offer.jobId, stream });
    await report(vehicleId, [stream.stage("plan", "started"), stream.stage(stage, "started")]);
    return offer;
  };
  const fleet: TestFleet = {
    vehicleIds,
    offer: async (vehicleId) => (await call("GET", "offer", vehicleId)).data() as Offer | null,
    begin: (vehicleId) => take(vehicleId, "flash"),
    waitForDriver: (vehicleId) => take(vehicleId, "consent"),
    async beat(vehicleId) {
      await report(vehicleId, [jobs.get(vehicleId)!.stream.heartbeat()]);
    },
    async waitFor(vehicleId, missing) {
      const { stream } = jobs.get(vehicleId)!;
      await report(vehicleId, [stream.stage("readiness", "started", { missing })]);
    },
    async took(vehicleId, stage, durationMs) {
      const { stream } = jobs.get(vehicleId)!;
      await report(vehicleId, [stream.stage(stage, "done", { durationMs })]);
    },
    async succeed(vehicleId) {
      const { jobId } = jobs.get(vehicleId) ?? (await fleet.begin(vehicleId));
      const { stream } = jobs.get(vehicleId)!;
      jobs.delete(vehicleId);
      const [ecu] = ((await test.call("GET", `/api/v1/jobs/${jobId}`)).data() as Job).ecus;
      await report(vehicleId, [stream.outcome("succeeded")]);
      const manifest = manifestOf(vehicleId, ecu!.version, ecu!.sha256);
      await call("PUT", "version-manifest", vehicleId, manifest);
    },
    async end(vehicleId, outcome, code = outcome === "declined" ? null : "FLASH_TRANSFER_LOST") {
      if (!jobs.has(vehicleId)) await fleet.begin(vehicleId);
      const { stream } = jobs.get(vehicleId)!;
      jobs.delete(vehicleId);
      const failure = code === null ? {} : { failure: { code, operands: { name: "Engine control" } } };
      await report(vehicleId, [stream.outcome(outcome, failure)]);
    },
  };
  return fleet;
}

class NoOffer extends Error {
  override readonly name = "NoOffer";
}

/** A campaign over the whole fleet. @returns its id */
export async function makeCampaign(
  test: TestCloud,
  releaseId: string,
  more: Partial<CampaignBody> = {},
  token?: string,
): Promise<string> {
  const made = await test.call("POST", "/api/v1/campaigns", {
    ...(token === undefined ? {} : { token }),
    body: {
      name: "Spring",
      releaseId,
      target: { all: true },
      consent: { mode: "silent" },
      safetyPolicy: { parked: true },
      ...more,
    },
  });
  return (made.data() as Campaign).campaignId;
}

/** Carries out a verb, and lets the reconciler finish what follows. */
export async function act(test: TestCloud, campaignId: string, verb: string, token?: string) {
  const call = token === undefined ? {} : { token };
  const reply = await test.call("POST", `/api/v1/campaigns/${campaignId}/${verb}`, call);
  await test.cloud.campaigns.idle();
  return reply;
}

/** Begins a phase by hand. */
export async function beginByHand(test: TestCloud, campaignId: string, phase?: string) {
  const reply = await test.call("POST", `/api/v1/campaigns/${campaignId}/nextPhase`, { body: { phase } });
  await test.cloud.campaigns.idle();
  return reply;
}

/** Reads a campaign after the reconciler has looked at it. */
export async function settled(test: TestCloud, campaignId: string): Promise<Campaign> {
  await test.cloud.campaigns.tick();
  return (await test.call("GET", `/api/v1/campaigns/${campaignId}`)).data() as Campaign;
}

/** Release 2.0.0, and the campaign of it started. */
export async function startNew(test: TestCloud, more: Partial<CampaignBody> = {}): Promise<string> {
  const { releaseId } = await publishRelease(test, `2.0.${releases}`, firmware(releases));
  releases += 1;
  const campaignId = await makeCampaign(test, releaseId, more);
  await act(test, campaignId, "start");
  return campaignId;
}
let releases = 0;

/** What the audit log says of a campaign, oldest first. */
export async function auditOf(
  test: TestCloud,
  subjectId: string,
): Promise<{ action: string; payload: unknown }[]> {
  const reply = await test.call("GET", `/api/v1/audit?subjectId=${subjectId}&limit=200`);
  return (reply.data() as { action: string; payload: unknown }[]).toReversed();
}

export const someId = (): string => uuidv7();
