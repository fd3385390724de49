import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CODE, registerVehicle, testCloud, type Call, type Reply, type TestCloud } from "../testing.ts";
import { europe, type Europe } from "./europe.testing.ts";
import { exampleCall, routeCollector, urlOf, type Operation } from "./operations.testing.ts";
import { rowCounter } from "./table-contents.testing.ts";

/** Hundreds of requests, on whatever machine. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** No `Idempotency-Key`: these change nothing of their own, or are harmless a second time by what they are. */
const WITHOUT_KEY = [
  "POST /api/v1/campaigns/bulk",
  "POST /api/v1/me/password",
  "POST /api/v1/sessions",
  "POST /api/v1/sessions/end",
  "POST /api/v1/users/{userId}/password",
  "POST /api/v1/vehicles/import",
  "POST /api/v1/vehicles/preview",
  "POST /api/v1/vehicles/search",
  "POST /api/v1/webhooks/{webhookId}/test",
];

let fixture: TestCloud;
let world: Europe;
let operations: Operation[];
beforeAll(async () => {
  const routes = routeCollector();
  fixture = await testCloud({ config: { vinPolicy: "free" }, extend: routes.gather });
  operations = routes.operations(fixture.app);
  world = await europe(fixture);
  await registerVehicle(fixture, "car");
});
afterAll(() => fixture.close());

const writes = (): Operation[] =>
  operations.filter(({ method, admittance }) => method !== "GET" && admittance.access !== "vehicle");
const keyed = (): Operation[] => writes().filter(({ takesKey }) => takesKey);

/** Bodies that are carried out where an example is refused. */
const carriedOut = (name: string): unknown =>
  ({
    "POST /api/v1/campaigns": {
      name: "Again",
      releaseId: world.releaseId,
      target: { all: true },
      consent: { mode: "silent" },
      safetyPolicy: { parked: true },
    },
    "POST /api/v1/vehicles": { vin: "VIN-again", ecus: [] },
    "PUT /api/v1/hardware/{hardwareId}": { title: "Again", regions: [CODE] },
    "POST /api/v1/users": { name: "again", grants: [] },
    "POST /api/v1/api-keys": { label: "again" },
    "PUT /api/v1/groups/{group}/desired-state": { configuration: { vehicle: { again: 1 } } },
    "PUT /api/v1/vehicles/{vehicleId}/desired-state": { configuration: { vehicle: { again: 1 } } },
  })[name];

const sendWith = (operation: Operation, key: string, body = carriedOut(operation.name)): Promise<Reply> => {
  const call: Call = exampleCall(operation, body);
  const headers = { ...call.headers, "idempotency-key": key };
  return fixture.call(operation.method, urlOf(operation, world.ids), { ...call, headers });
};

test("A3 every write takes an idempotency key, but those that are harmless twice", () => {
  const without = writes().filter(({ takesKey }) => !takesKey);
  expect(without.map(({ name }) => name).toSorted()).toEqual(WITHOUT_KEY);
});

test("A3 each write that is sent again with its key, also at once, is done once and answered alike", async () => {
  const { db, campaigns } = fixture.cloud;
  const countRows = await rowCounter(db);
  const wrong: string[] = [];
  const done: string[] = [];
  for (const operation of keyed()) {
    const key = `again-${operation.name.replaceAll(/\W+/g, "-")}`;
    const answers = await Promise.all([sendWith(operation, key), sendWith(operation, key)]);
    await campaigns.idle();
    const before = await countRows();
    answers.push(await sendWith(operation, key));
    await campaigns.idle();
    const [first, ...others] = answers.map((reply) => told(reply));
    if (answers.some(({ status }) => status < 300)) done.push(operation.name);
    const isSecret = answers.some(
      ({ status, json }) => status === 409 && codeOf(json()) === "SECRET_SHOWN_ONCE",
    );
    if (!isSecret && others.some((other) => other !== first)) {
      wrong.push(`${operation.name}: ${[first, ...others].map((text) => text?.slice(0, 160)).join(" | ")}`);
    }
    if (isSecret && answers.filter(({ status }) => status < 300).length !== 1) {
      wrong.push(`${operation.name}: shown ${answers.map(({ status }) => status).join()}`);
    }
    if (first!.startsWith("2") && JSON.stringify(await countRows()) !== JSON.stringify(before)) {
      wrong.push(`${operation.name}: done again`);
    }
  }
  expect(wrong).toEqual([]);
  expect(done.length).toBeGreaterThan(keyed().length / 2);
});

test("A3 a key that was used for another request is refused", async () => {
  const wrong: string[] = [];
  // The file that images are made of is read before the write begins, and the one of this fleet is not there yet.
  const first = operations.find(({ name }) => name === "POST /api/v1/releases")!;
  expect((await sendWith(first, "used", { name: "Used" })).status).toBe(201);
  for (const operation of keyed()) {
    const reply = await sendWith(operation, "used");
    const { code } = reply.problem();
    if (operation.name === "POST /api/v1/releases/{releaseId}/images" && code === "UPLOAD_UNFINISHED")
      continue;
    if (code !== "IDEMPOTENCY_KEY_REUSED") wrong.push(`${operation.name}: ${code}`);
  }
  expect(wrong).toEqual([]);
  expect((await sendWith(first, "used", { name: "Other" })).problem().code).toBe("IDEMPOTENCY_KEY_REUSED");
});

/** What was answered, without what differs from one refusal to the next. */
const told = (reply: Reply): string =>
  `${reply.status} ${reply.bytes.toString().replaceAll(/"(requestId|timestamp)":("[^"]*"|\d+)/g, "")}`;

const codeOf = (body: unknown): string => (body as { code: string }).code;
