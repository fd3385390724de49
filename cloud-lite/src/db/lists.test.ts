import { afterAll, beforeAll, expect, test } from "vitest";
import { registerVehicle, testCloud, type TestCloud } from "../testing.ts";

let fixture: TestCloud;
beforeAll(async () => {
  fixture = await testCloud();
  await registerVehicle(fixture, "car");
  await fixture.call("POST", "/api/v1/vehicles/car/device-tokens");
  for (const [name, displayName] of [
    ["cleo", "Cleo Young"],
    ["ben", "Zoe_Ben"],
    ["ada", "Ada Byron"],
  ]) {
    await post("/api/v1/users", { name, displayName });
    await post("/api/v1/api-keys", { label: name });
    await post("/api/v1/webhooks", { url: `https://${name}.example/`, actions: ["*"] });
    await post("/api/v1/releases", { name: `Release of ${name}` });
    await post("/api/v1/uploads", { sha256: name!.length.toString(16).repeat(63) + name![0], length: 5 });
    await fixture.call("PUT", `/api/v1/access-groups/${name}s`, { body: { grants: [] } });
    await fixture.call("PUT", `/api/v1/hardware/HW-${name}`, {
      body: { title: displayName, regions: [{ name: "code", address: 0, length: 4096, flashed: true }] },
    });
  }
});
afterAll(() => fixture.close());

async function post(url: string, body: object): Promise<void> {
  expect((await fixture.call("POST", url, { body })).status).toBeLessThan(300);
}

type Row = Record<string, unknown>;
const list = (path: string, query: string) => fixture.call("GET", `/api/v1/${path}?${query}`);
const values = async (path: string, query: string, member: string): Promise<unknown[]> =>
  ((await list(path, query)).data() as Row[]).map((row) => row[member]);

test.each([
  ["users", "sort=-name", "name", ["cleo", "ben", "admin", "ada"]],
  ["users", "q=E%20clEO", "name", ["cleo"]],
  ["users", "q=e_b", "name", ["ben"]],
  ["users", "isActive=false", "name", []],
  ["access-groups", "sort=name", "name", ["adas", "bens", "cleos"]],
  ["access-groups", "q=ben", "name", ["bens"]],
  ["api-keys", "sort=-label", "label", ["first operator", "cleo", "ben", "ada"]],
  ["api-keys", "q=da", "label", ["ada"]],
  ["webhooks", "q=cleo&state=active", "url", ["https://cleo.example/"]],
  ["webhooks", "state=disabled", "url", []],
  ["hardware", "sort=-title", "hardwareId", ["HW-ben", "HW-cleo", "HW-ada"]],
  ["hardware", "q=byron", "hardwareId", ["HW-ada"]],
  ["releases", "sort=name", "name", ["Release of ada", "Release of ben", "Release of cleo"]],
  ["uploads", "q=3&sort=-createdAt&state=open", "length", [5, 5]],
  ["uploads", "state=complete", "length", []],
])("A2 /%s?%s finds and sorts on the server", async (path, query, member, expected) => {
  expect(await values(path, query, member)).toEqual(expected);
});

test.each([
  ["users", "sort=name"],
  ["access-groups", "sort=-name"],
  ["api-keys", "sort=lastUsedAt"],
  ["vehicles/car/device-tokens", "sort=-expiresAt"],
  ["webhooks", "sort=createdAt"],
  ["hardware", "sort=title"],
  ["releases", "sort=publishedAt"],
  ["uploads", "sort=length"],
  ["audit", "sort=seq"],
  ["audit", "action=user"],
])("A2 the pages of /%s?%s join without a gap or a repeat", async (path, query) => {
  const seen: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(path, `${query}&limit=2${cursor === undefined ? "" : `&cursor=${cursor}`}`);
    seen.push(...(page.data() as Row[]));
    cursor = page.nextCursor();
  } while (cursor !== undefined);
  expect(seen.length).toBeGreaterThan(1);
  expect(seen).toEqual((await list(path, query)).data());
});

test.each([
  ["users", "q=a", "q=b"],
  ["access-groups", "", "sort=name"],
  ["api-keys", "", "q=a"],
  ["vehicles/car/device-tokens", "", "sort=label"],
  ["webhooks", "state=active", ""],
  ["hardware", "", "q=HW"],
  ["releases", "state=draft", "state=published"],
  ["uploads", "", "state=open"],
  ["audit", "action=user", "action=webhook"],
])("A2 a cursor of /%s?%s is refused with %s", async (path, query, other) => {
  const cursor = (await list(path, `${query}&limit=1`)).nextCursor();
  expect(cursor).toBeDefined();
  const answer = await list(path, `${other}&limit=1&cursor=${cursor}`);
  expect([answer.status, answer.problem().code]).toEqual([400, "CURSOR_INVALID"]);
});

test("A2 a cursor of a list by id is refused by one by number", async () => {
  const cursor = (await list("users", "limit=1")).nextCursor();
  expect((await list("audit", `limit=1&cursor=${cursor}`)).problem().code).toBe("CURSOR_INVALID");
});

test("A2 a row that comes while pages are read moves no others", async () => {
  const first = await list("users", "sort=name&limit=2");
  await post("/api/v1/users", { name: "aaron" });
  const second = await list("users", `sort=name&limit=2&cursor=${first.nextCursor()}`);
  expect((second.data() as Row[]).map(({ name }) => name)).toEqual(["ben", "cleo"]);
});
