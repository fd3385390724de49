import { afterEach, beforeEach, expect, test } from "vitest";
import { verifyAudit } from "../audit/verify.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { registerVehicle, testCloud, type Reply, type TestCloud } from "../testing.ts";
import type { Vehicle } from "../vehicles/schema.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

const create = (body: object, key?: string): Promise<Reply> =>
  fixture.call("POST", "/api/v1/vehicles", {
    body,
    headers: key === undefined ? {} : { "idempotency-key": key },
  });
const count = async (): Promise<number> =>
  ((await fixture.call("GET", "/api/v1/vehicles")).data() as Vehicle[]).length;

test("A3 a repeated write with its key does the work once and gives the same answer", async () => {
  const first = await create({ ecus: [] }, "key-1");
  fixture.clock.at += 60_000;
  const again = await create({ ecus: [] }, "key-1");
  expect(first.status).toBe(201);
  expect(again.status).toBe(201);
  expect(again.json()).toEqual(first.json());
  expect(await count()).toBe(1);
});

test("A3 equal requests that come at once do the work once, and both get the answer", async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => create({ ecus: [] }, "key-1")));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect(new Set(answers.map(({ bytes }) => bytes.toString())).size).toBe(1);
  expect(await count()).toBe(1);
});

test("A3 the same key with another body is refused and does nothing", async () => {
  await create({ ecus: [] }, "key-1");
  const refused = await create({ ecus: [], model: "Other" }, "key-1");
  expect(refused.problem()).toMatchObject({ status: 422, code: "IDEMPOTENCY_KEY_REUSED" });
  expect(await count()).toBe(1);
});

test("A3 a write that was refused keeps no answer: corrected, the key works", async () => {
  const body = { vehicleId: "car", ecus: [] };
  await create(body);
  expect((await create(body, "key-1")).problem().code).toBe("VEHICLE_EXISTS");
  expect((await create({ ...body, vehicleId: "bus" }, "key-1")).status).toBe(201);
});

test("A3 a repeated request for a token does not issue a second one, and does not show the first again", async () => {
  await registerVehicle(fixture, "car");
  const issue = (): Promise<Reply> =>
    fixture.call("POST", "/api/v1/vehicles/car/device-tokens", { headers: { "idempotency-key": "key-1" } });
  expect((await issue()).status).toBe(201);
  const again = await issue();
  expect(again.problem()).toMatchObject({ status: 409, code: "SECRET_SHOWN_ONCE" });
  const rows = await fixture.cloud.db
    .selectFrom("credentials")
    .select("credentialId")
    .where("kind", "=", "device")
    .execute();
  expect(rows).toHaveLength(2);
});

test("A6 every write has an audit entry in its transaction, and the chain verifies", async () => {
  await registerVehicle(fixture, "car");
  await create({ vehicleId: "car", ecus: [] });
  const { entries, broken } = await verifyAudit(
    fixture.cloud.db,
    DEFAULT_ORGANISATION,
    fixture.cloud.signers.audit.publicKey,
  );
  expect(broken).toBeUndefined();
  expect(entries).toBe(3);
  const listed = (await fixture.call("GET", "/api/v1/audit")).data() as { action: string }[];
  expect(listed.map((entry) => entry.action)).toEqual([
    "device-token.issued",
    "vehicle.created",
    "cloud.initialised",
  ]);
});

test("A6 an audit entry says who, what and in which request", async () => {
  const answer = await create({ vehicleId: "car", ecus: [] });
  const [entry] = (await fixture.call("GET", "/api/v1/audit?subjectId=car")).data() as object[];
  expect(entry).toMatchObject({
    actor: { kind: "operator" },
    action: "vehicle.created",
    subject: { kind: "vehicle", id: "car" },
    requestId: (answer.json() as { metadata: { requestId: string } }).metadata.requestId,
    payload: { vehicleId: "car" },
  });
});

test("A2 a list pages by cursor: every row once, in order", async () => {
  for (const id of ["a", "b", "c", "d", "e"]) await create({ vehicleId: id, ecus: [] });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await fixture.call(
      "GET",
      `/api/v1/vehicles?limit=2${cursor === undefined ? "" : `&cursor=${cursor}`}`,
    );
    seen.push(...(page.data() as Vehicle[]).map((vehicle) => vehicle.vehicleId));
    cursor = page.nextCursor();
  } while (cursor !== undefined);
  expect(seen).toEqual(["a", "b", "c", "d", "e"]);
});

test.each([
  ["?cursor=AAAA", "CURSOR_INVALID"],
  ["?limit=0", "REQUEST_INVALID"],
  ["?limit=201", "REQUEST_INVALID"],
  ["?colour=red", "REQUEST_INVALID"],
])("A2 a list with %s is refused", async (query, code) => {
  const answer = await fixture.call("GET", `/api/v1/vehicles${query}`);
  expect(answer.problem()).toMatchObject({ status: 400, code });
});

test("A3 a client that has the newest state gets 304", async () => {
  await create({ vehicleId: "car", ecus: [] });
  const first = await fixture.call("GET", "/api/v1/vehicles/car");
  const headers = { "if-none-match": first.header("etag")! };
  expect((await fixture.call("GET", "/api/v1/vehicles/car", { headers })).status).toBe(304);
});
