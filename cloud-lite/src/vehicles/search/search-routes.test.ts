import { afterAll, beforeAll, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../../testing.ts";
import type { Vehicle } from "../schema.ts";

let fixture: TestCloud;
beforeAll(async () => {
  fixture = await testCloud();
  for (const number of [1, 2, 3, 4, 5]) {
    const answer = await fixture.call("POST", "/api/v1/vehicles", {
      body: {
        vehicleId: `car-${number}`,
        model: number % 2 ? "Roadster" : "Estate",
        trim: "Sport",
        year: 2020 + number,
        region: "eu",
        owner: "City Cars",
        timeZone: "Europe/Oslo",
        groups: ["press"],
        tags: ["winter"],
        attributes: { battery: "77 kWh" },
        ecus: [],
      },
    });
    expect(answer.status).toBe(201);
  }
});
afterAll(() => fixture.close());

const list = async (query: string) => fixture.call("GET", `/api/v1/vehicles?${query}`);
const ids = (data: unknown): string[] => (data as Vehicle[]).map((vehicle) => vehicle.vehicleId);

test("D1 a vehicle keeps its trim, owner, time zone, tags and attributes", async () => {
  const answer = await fixture.call("GET", "/api/v1/vehicles/car-1");
  expect(answer.data()).toMatchObject({
    trim: "Sport",
    owner: "City Cars",
    timeZone: "Europe/Oslo",
    tags: ["winter"],
    attributes: { battery: "77 kWh" },
  });
});

test("D6 a list is filtered and sorted by its query", async () => {
  const answer = await list("model=Roadster&region=eu&tag=winter&presence=unknown&status=new&sort=-year");
  expect(ids(answer.data())).toEqual(["car-5", "car-3", "car-1"]);
  expect(ids((await list("year=2022")).data())).toEqual(["car-2"]);
  expect(ids((await list("model=roadster")).data())).toEqual([]);
});

test("A2 a cursor leads through the pages of its query", async () => {
  const first = await list("limit=2&sort=-year");
  expect(ids(first.data())).toEqual(["car-5", "car-4"]);
  const second = await list(`limit=2&sort=-year&cursor=${first.nextCursor()}`);
  expect(ids(second.data())).toEqual(["car-3", "car-2"]);
  const third = await list(`limit=2&sort=-year&cursor=${second.nextCursor()}`);
  expect(ids(third.data())).toEqual(["car-1"]);
  expect(third.nextCursor()).toBeUndefined();
});

test("A2 a cursor of another query is refused", async () => {
  const cursor = (await list("limit=2&sort=-year")).nextCursor();
  for (const query of ["sort=year", "sort=-year&model=Roadster", "", "q=car"]) {
    const answer = await list(`limit=2&${query}&cursor=${cursor}`);
    expect([answer.status, answer.problem().code]).toEqual([400, "CURSOR_INVALID"]);
  }
  expect((await list("cursor=bm9uc2Vuc2U")).problem().code).toBe("CURSOR_INVALID");
});

test("D6 a whole selection is searched by POST", async () => {
  const selection = { and: [{ attribute: { name: "battery", in: ["77 kWh"] } }, { years: { from: 2024 } }] };
  const body = { selection, sort: "-vehicleId", limit: 1 };
  const first = await fixture.call("POST", "/api/v1/vehicles/search", { body });
  expect(ids(first.data())).toEqual(["car-5"]);
  const second = await fixture.call("POST", "/api/v1/vehicles/search", {
    body: { ...body, cursor: first.nextCursor() },
  });
  expect(ids(second.data())).toEqual(["car-4"]);
});

test.each(["sort=colour", "year=20", "limit=0", "colour=red", "seenAfter=yesterday"])(
  "A2 a list with %s is refused",
  async (query) => {
    expect((await list(query)).problem().code).toBe("REQUEST_INVALID");
  },
);

test("C3 a selection that is nested a hundred thousand deep is refused, and harms nobody", async () => {
  const depth = 100_000;
  const body = `{"selection":${'{"not":'.repeat(depth)}{"all":true}${"}".repeat(depth)}}`;
  const answer = await fixture.call("POST", "/api/v1/vehicles/search", { body, type: "application/json" });
  expect([answer.status, answer.problem().code]).toEqual([400, "JSON_TOO_DEEP"]);
});
