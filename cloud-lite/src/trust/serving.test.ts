import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { registerVehicle, testCloud, type TestCloud } from "../testing.ts";
import { currentDirector, currentImageRepository } from "./serving.ts";

const HALF_A_LIFE_MS = 13 * 60 * 60 * 1000;
let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

const versions = async (repository: string): Promise<number[]> => {
  const rows = await fixture.cloud.db
    .selectFrom("tufMetadata")
    .select("version")
    .where("repository", "=", repository)
    .where("role", "=", "timestamp")
    .orderBy("version")
    .execute();
  return rows.map(({ version }) => version);
};
const atOnce = <T>(work: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 8 }, work));

test("T1 of many who find the Image repository out of date at once, one signs it anew", async () => {
  const { cloud, clock } = fixture;
  await currentImageRepository(cloud, DEFAULT_ORGANISATION);
  const before = await versions("image");
  clock.at += HALF_A_LIFE_MS;
  await atOnce(() => currentImageRepository(cloud, DEFAULT_ORGANISATION));
  expect(await versions("image")).toEqual([...before, before.at(-1)! + 1]);
});

test("T1 of many who ask for one vehicle's Director metadata at once, one signs it", async () => {
  await registerVehicle(fixture, "car");
  await atOnce(() => currentDirector(fixture.cloud, DEFAULT_ORGANISATION, "car"));
  expect(await versions("director/car")).toEqual([1]);
});
