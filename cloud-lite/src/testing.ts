import { v7 as uuidv7 } from "uuid";
import type { Event, Problem } from "@halfshaft/ota-format";
import type { Grant } from "./access/grants.ts";
import { issueToken } from "./access/store.ts";
import { insertUser } from "./access/user-store.ts";
import type { ArtifactStore } from "./artifacts/store.ts";
import type { App, Cloud } from "./cloud.ts";
import type { CloudConfig } from "./config.ts";
import { testDatabase } from "./db/test-database.ts";
import { DEFAULT_ORGANISATION } from "./db/open.ts";
import type { Tracing } from "./tracing/tracing.ts";
import { createInProcessCloud } from "./in-process.ts";
import type { DeltaCreator } from "./releases/deltas/delta-creator.ts";

export interface Reply {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly bytes: Buffer;
  /** The whole body, parsed. */
  readonly json: () => unknown;
  /** `data` of the envelope. */
  readonly data: () => unknown;
  readonly nextCursor: () => string | undefined;
  readonly problem: () => Problem;
}

export interface Call {
  /** The operator's key unless given; null for none. */
  readonly token?: string | null;
  /** Sent as JSON, or as it is where `type` is given. */
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A whole cloud, with its clock and its wake-ups in the test's hands: in memory, or on a database of its own of the
 * PostgreSQL that HALFSHAFT_TEST_STORE names.
 */
export interface TestCloud {
  readonly cloud: Cloud;
  readonly app: App;
  readonly operatorKey: string;
  readonly clock: { at: number };
  readonly wokenUp: string[];
  readonly errors: unknown[];
  call(
    method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE",
    url: string,
    call?: Call,
  ): Promise<Reply>;
  close(): Promise<void>;
}

/** Not a patch: half of the result, so that a test can tell it from the image. */
export const halfDelta: DeltaCreator = {
  create: (_format, _base, result) => Promise.resolve(result.slice(0, result.length / 2)),
};

const NO_HURRY = {
  operatorRate: 1_000_000,
  deviceRate: 1_000_000,
  checkRate: 1_000_000,
  addressRate: 1_000_000,
};

export async function testCloud(
  given: {
    config?: Partial<CloudConfig>;
    deltaCreator?: DeltaCreator;
    artifacts?: ArtifactStore;
    tracing?: Tracing;
    at?: number;
    /** Adds hooks before the routes. */
    extend?: (app: App) => void;
  } = {},
): Promise<TestCloud> {
  const clock = { at: given.at ?? Date.UTC(2026, 0, 1) };
  const wokenUp: string[] = [];
  const errors: unknown[] = [];
  const database = await testDatabase();
  const made = await createInProcessCloud({
    database: database.place,
    now: () => clock.at,
    deltaCreator: given.deltaCreator ?? halfDelta,
    // One operator makes, approves and starts; tests of four eyes say otherwise. Rates count real minutes.
    config: { fourEyes: "off", ...NO_HURRY, ...given.config },
    artifacts: given.artifacts,
    tracing: given.tracing,
    wakeUp: (vehicleId) => void wokenUp.push(vehicleId),
    onError: (error) => void errors.push(error),
    extend(app) {
      checkAnswers(app);
      given.extend?.(app);
    },
  });
  const { cloud, app, operatorKey } = made;
  return {
    cloud,
    app,
    operatorKey,
    clock,
    wokenUp,
    errors,
    async call(method, url, { token = operatorKey, body, type, headers = {} } = {}) {
      const json = body !== undefined && type === undefined;
      const answer = await app.inject({
        method,
        url,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(json ? { "content-type": "application/json" } : {}),
          ...(type === undefined ? {} : { "content-type": type }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: json ? JSON.stringify(body) : (body as string | Buffer) }),
      });
      return {
        status: answer.statusCode,
        header: (name) => answer.headers[name]?.toString(),
        bytes: answer.rawPayload,
        json: () => answer.json<unknown>(),
        data: () => answer.json<{ data: unknown }>().data,
        nextCursor: () => answer.json<{ metadata: { nextCursor?: string } }>().metadata.nextCursor,
        problem: () => answer.json<Problem>(),
      };
    },
    async close() {
      await made.close();
      await database.drop();
    },
  };
}

/** An answer that its route's schema does not allow is an error, so every test also tests the OpenAPI document. */
function checkAnswers(app: App): void {
  app.addHook("preSerialization", async (request, reply, payload) => {
    const schemas = (request.routeOptions.schema?.response ?? {}) as Record<string, object | undefined>;
    const status = String(reply.statusCode);
    const schema = schemas[status] ?? schemas[`${status[0]}xx`];
    if (!schema) {
      const { schema: of } = request.routeOptions;
      if (of === undefined || of.hide === true) return payload;
      throw new AnswerMismatch(`${request.method} ${request.url}: ${status} is not one of its answers`);
    }
    if ("content" in schema) return payload;
    const validate = request.compileValidationSchema(schema);
    if (!validate(JSON.parse(JSON.stringify(payload)))) {
      throw new AnswerMismatch(`${request.method} ${request.url}: ${JSON.stringify(validate.errors)}`);
    }
    return payload;
  });
}

class AnswerMismatch extends Error {
  override readonly name = "AnswerMismatch";
}

export const HARDWARE = "HW-ENGINE";
export const CODE = { name: "code", address: 0x1000, length: 0x10_000, flashed: true };
export const UICR = { name: "uicr", address: 0x1000_1000, length: 0x100, flashed: false };

/** Firmware of a version: its bytes say which. */
export const firmware = (version: number, length = 4096): Buffer => Buffer.alloc(length, version);

/** Registers the hardware, and publishes a release of one image for it. */
export async function publishRelease(
  test: TestCloud,
  version: string,
  bytes: Buffer,
  releaseCounter = 1,
): Promise<{ releaseId: string; imageId: string; sha256: string }> {
  const hardware = { title: "Engine control", regions: [CODE, UICR] };
  await test.call("PUT", `/api/v1/hardware/${HARDWARE}`, { body: hardware });
  const draft = await test.call("POST", "/api/v1/releases", { body: { name: `Release ${version}` } });
  const { releaseId } = draft.data() as { releaseId: string };
  const query = `version=${version}&releaseCounter=${releaseCounter}`;
  const upload = await test.call("PUT", `/api/v1/releases/${releaseId}/images/${HARDWARE}?${query}`, {
    body: bytes,
    type: "application/octet-stream",
  });
  const { image } = upload.data() as { image: { imageId: string; sha256: string } };
  await test.call("POST", `/api/v1/releases/${releaseId}/publish`);
  return { releaseId, imageId: image.imageId, sha256: image.sha256 };
}

/** Registers a vehicle with one ECU, and returns its device token. */
export async function registerVehicle(test: TestCloud, vehicleId: string): Promise<string> {
  await test.call("POST", "/api/v1/vehicles", {
    body: {
      vehicleId,
      groups: ["test-fleet"],
      gateway: { ecuId: `GW-${vehicleId}`, name: "Gateway", hardwareId: "GW-1" },
      ecus: [{ ecuId: `ENG-${vehicleId}`, name: "Engine control", hardwareId: HARDWARE }],
      allowUnknownHardware: true,
    },
  });
  const issued = await test.call("POST", `/api/v1/vehicles/${vehicleId}/device-tokens`);
  return (issued.data() as { token: string }).token;
}

/** Makes a user with these grants, and returns an operator key of his: another person than the first operator. */
export async function keyOfUser(test: TestCloud, name: string, grants: readonly Grant[]): Promise<string> {
  const at = test.clock.at;
  const organisationId = DEFAULT_ORGANISATION;
  const { userId } = await insertUser(test.cloud.db, organisationId, at, { name, grants });
  const label = "test";
  return (await issueToken(test.cloud.db, { organisationId, kind: "operator", label, userId, at })).token;
}

/** Makes and starts a campaign for these vehicles. */
export async function startCampaign(
  test: TestCloud,
  releaseId: string,
  vehicleIds: readonly string[],
  more: object = {},
): Promise<string> {
  const made = await test.call("POST", "/api/v1/campaigns", {
    body: {
      name: "Spring",
      releaseId,
      target: { vehicleIds },
      consent: { mode: "banner" },
      safetyPolicy: { parked: true },
      ...more,
    },
  });
  const { campaignId } = made.data() as { campaignId: string };
  await test.call("POST", `/api/v1/campaigns/${campaignId}/start`);
  await test.cloud.campaigns.idle();
  return campaignId;
}

/** The manifest of a vehicle of `registerVehicle` whose engine control runs this. */
export const manifestOf = (vehicleId: string, version: string, sha256: string, at = 1) => ({
  at,
  clockTrusted: true,
  ecus: [
    {
      ecuId: `ENG-${vehicleId}`,
      name: "Engine control",
      hardwareId: HARDWARE,
      version,
      imageSha256: sha256,
      releaseCounter: 1,
      activeBank: "A",
      bootState: "committed",
    },
  ],
});

/** Numbers the events of one vehicle as its journal would. */
export function eventStream(jobId: string, attempt = 1) {
  const streamEpoch = uuidv7();
  let seq = 0;
  const next = (more: object) => {
    seq += 1;
    const at = 1_000_000 + seq;
    const common = { eventId: uuidv7(), streamEpoch, seq, at, monotonicMs: seq, bootId: streamEpoch };
    return { ...common, clockTrusted: true, jobId, attempt, ...more } as unknown as Event;
  };
  return {
    stage: (stage: string, kind: string, more: object = {}) => next({ type: "stage", stage, kind, ...more }),
    outcome: (outcome: string, more: object = {}) => next({ type: "outcome", outcome, ...more }),
    heartbeat: () => next({ type: "heartbeat", attempt: undefined }),
  };
}
