import { afterAll, beforeAll, expect, test } from "vitest";
import {
  firmware,
  keyOfUser,
  publishRelease,
  registerVehicle,
  testCloud,
  type TestCloud,
} from "../testing.ts";
import type { Campaign } from "./schema.ts";

let fixture: TestCloud;
let releaseId: string;
let other: string;
beforeAll(async () => {
  fixture = await testCloud();
  await registerVehicle(fixture, "car");
  ({ releaseId } = await publishRelease(fixture, "2.0.0", firmware(2)));
  other = (await publishRelease(fixture, "3.0.0", firmware(3))).releaseId;
  await make("Spring, test fleet");
  await make("autumn", { kind: "beta", priority: "critical" });
  await start(await make("Spring, customers", { priority: "low" }));
  fixture.clock.at += 1000;
  await start(await make("Brakes, beta", { kind: "beta", releaseId: other }));
});
afterAll(() => fixture.close());

async function make(name: string, more: object = {}): Promise<string> {
  const body = {
    name,
    releaseId,
    target: { vehicleIds: ["car"] },
    consent: { mode: "banner" },
    safetyPolicy: { parked: true },
    ...more,
  };
  const made = await fixture.call("POST", "/api/v1/campaigns", { body });
  expect(made.json()).toMatchObject({ data: { name } });
  return (made.data() as Campaign).campaignId;
}

async function start(campaignId: string): Promise<void> {
  const answer = await fixture.call("POST", `/api/v1/campaigns/${campaignId}/start`);
  expect(answer.status).toBe(200);
}

const list = (query: string, token?: string) =>
  fixture.call("GET", `/api/v1/campaigns?${query}`, token === undefined ? {} : { token });
const names = async (query: string): Promise<string[]> =>
  ((await list(query)).data() as Campaign[]).map(({ name }) => name);

test.each([
  ["", ["Brakes, beta", "Spring, customers", "autumn", "Spring, test fleet"]],
  ["sort=createdAt", ["Spring, test fleet", "autumn", "Spring, customers", "Brakes, beta"]],
  ["sort=name", ["autumn", "Brakes, beta", "Spring, customers", "Spring, test fleet"]],
  ["sort=-priority", ["autumn", "Brakes, beta", "Spring, test fleet", "Spring, customers"]],
  ["sort=-startedAt", ["Brakes, beta", "Spring, customers", "autumn", "Spring, test fleet"]],
  ["sort=startedAt", ["Spring, customers", "Brakes, beta", "Spring, test fleet", "autumn"]],
  ["state=draft", ["autumn", "Spring, test fleet"]],
  ["state=draft&state=paused", ["autumn", "Spring, test fleet"]],
  ["state=aborted,paused", []],
  ["kind=beta", ["Brakes, beta", "autumn"]],
  ["priority=low", ["Spring, customers"]],
  ["q=fleet%20SPRING", ["Spring, test fleet"]],
  ["q=100%25", []],
])("A2 campaigns are listed by %s", async (query, expected) => {
  expect(await names(query)).toEqual(expected);
});

test("A2 campaigns are found by their release", async () => {
  expect(await names(`releaseId=${other}`)).toEqual(["Brakes, beta"]);
});

test.each(["sort=startedAt", "sort=-startedAt", "sort=name", "sort=priority", "sort=createdAt&q=spring"])(
  "A2 the pages of campaigns with %s join without a gap or a repeat",
  async (query) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(`${query}&limit=1${cursor === undefined ? "" : `&cursor=${cursor}`}`);
      seen.push(...(page.data() as Campaign[]).map(({ name }) => name));
      cursor = page.nextCursor();
    } while (cursor !== undefined);
    expect(seen).toEqual(await names(query));
  },
);

test("A2 a cursor of campaigns is refused with other filters or another order", async () => {
  const cursor = (await list("state=draft&limit=1")).nextCursor();
  for (const query of ["", "state=active", "state=draft&sort=name", "state=draft&q=spring"]) {
    const answer = await list(`${query}&limit=1&cursor=${cursor}`);
    expect([answer.status, answer.problem().code]).toEqual([400, "CURSOR_INVALID"]);
  }
});

test.each(["state=bogus", "kind=special", "priority=1", "sort=colour", "releaseId=x", "q="])(
  "A2 a list of campaigns with %s is refused",
  async (query) => {
    expect((await list(query)).problem()).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
  },
);

test("A2 filters show no campaign outside of one's scope", async () => {
  const token = await keyOfUser(fixture, "ada", [{ role: "viewer", scope: { regions: ["EU"] } }]);
  expect((await list("state=active&sort=name", token)).data()).toEqual([]);
});
