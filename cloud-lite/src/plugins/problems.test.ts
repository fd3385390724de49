import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

const post = (body: unknown, type?: string) =>
  fixture.call("POST", "/api/v1/vehicles", { body, ...(type === undefined ? {} : { type }) });

test("A1 a problem has code, sentence, help and the request's id, as problem+json", async () => {
  const answer = await fixture.call("GET", "/api/v1/vehicles/none");
  expect(answer.header("content-type")).toContain("application/problem+json");
  expect(answer.problem()).toEqual({
    type: "urn:halfshaft:problem:vehicle-unknown",
    title: "Not Found",
    status: 404,
    code: "VEHICLE_UNKNOWN",
    detail: "There is no vehicle none.",
    help: "List the vehicles with GET /api/v1/vehicles.",
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test.each([
  ["broken JSON", "{", "application/json", 400, "BODY_NOT_JSON"],
  ["an empty body", "", "application/json", 400, "REQUEST_INVALID"],
  ["another media type", "x", "text/plain", 415, "MEDIA_TYPE_UNSUPPORTED"],
  ["a body beyond the limit", " ".repeat(1024 * 1024 + 1), "application/json", 413, "BODY_TOO_LARGE"],
])("A1 %s is refused", async (_name, body, type, status, code) => {
  expect((await post(body, type)).problem()).toMatchObject({ status, code });
});

test.each([
  [{ ecus: [], colour: "red" }, 'body has "colour", which is not known; it may have '],
  [{ ecus: [], year: "2026" }, 'body.year is "2026"; it must be an integer'],
  [{}, "body.ecus is missing"],
  [
    { ecus: [{ ecuId: "a b", name: "x", hardwareId: "y" }] },
    'body.ecus[0].ecuId is "a b"; it must be like "ENG-000001"',
  ],
])("A1 nothing is dropped, filled in or converted: %j", async (body, reason) => {
  const problem = (await post(body)).problem();
  expect(problem).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
  expect(problem.detail).toContain(reason);
});

/** Sends bytes as they are and returns what comes back. */
async function raw(bytes: string): Promise<string> {
  await fixture.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = fixture.app.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.end(bytes);
  return text(socket);
}

test.each([
  ["no HTTP", "hello\r\n\r\n", 400, "HTTP_MALFORMED"],
  [
    "headers beyond the limit",
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(70_000)}\r\n\r\n`,
    431,
    "HEADERS_TOO_LARGE",
  ],
])("A1 what the HTTP parser refuses is a problem, too: %s", async (_name, bytes, status, code) => {
  const [head, body] = (await raw(bytes)).split("\r\n\r\n");
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json`, "s"));
  expect(JSON.parse(body!)).toMatchObject({ status, code });
});

test.each([
  ["a part of the path that is too long", `/api/v1/vehicles/${"x".repeat(600)}`, 414, "PATH_TOO_LONG"],
  ["a path with a lonely percent sign", "/api/v1/vehicles/%zz", 400, "PATH_MALFORMED"],
])("A1 %s is a problem, too", async (_name, path, status, code) => {
  const answer = await fixture.call("GET", path);
  expect(answer.header("content-type")).toContain("application/problem+json");
  expect(answer.problem()).toMatchObject({ status, code });
});

test("A1 an unknown path is a problem, too", async () => {
  const answer = await fixture.call("GET", "/api/v1/unicorns?x=1");
  expect(answer.problem()).toMatchObject({
    code: "ROUTE_UNKNOWN",
    detail: "There is no GET /api/v1/unicorns.",
  });
});

test("A1 what nobody foresaw shows neither message nor stack", async () => {
  await fixture.cloud.db.schema.dropTable("vehicles").execute();
  const answer = await fixture.call("GET", "/api/v1/vehicles");
  expect(answer.problem()).toMatchObject({ status: 500, code: "INTERNAL" });
  expect(answer.bytes.toString()).not.toContain('vehicles"');
  expect(answer.bytes.toString()).not.toMatch(/sqlite|\.ts/i);
});

test.each([
  [
    "1M8GDM9A1KP042788",
    "VIN_INVALID",
    "1M8GDM9A1KP042788 is not a VIN: its check digit, place 9, is 1 and should be X.",
  ],
  ["1M8GDM9AXKP042788", "VIN_TAKEN", "VIN 1M8GDM9AXKP042788 belongs to another vehicle."],
])("D1 a vehicle with VIN %s is refused: %s", async (vin, code, detail) => {
  await post({ vehicleId: "car", vin: "1M8GDM9AXKP042788", ecus: [] });
  expect((await post({ vin, ecus: [] })).problem()).toMatchObject({ code, detail });
});

test("D1 an ECU's serial stands once in a vehicle, gateway included", async () => {
  const ecu = { ecuId: "A", name: "x", hardwareId: "y" };
  expect((await post({ ecus: [ecu], gateway: ecu })).problem().code).toBe("ECU_DUPLICATE");
});
