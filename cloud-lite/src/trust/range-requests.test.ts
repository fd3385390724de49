import { afterEach, beforeEach, expect, test } from "vitest";
import {
  firmware,
  HARDWARE,
  publishRelease,
  registerVehicle,
  testCloud,
  type TestCloud,
} from "../testing.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

/** Rows of each table. */
async function rowsByTable(): Promise<Record<string, number>> {
  const { db } = fixture.cloud;
  const counts: Record<string, number> = {};
  for (const { name } of await db.introspection.getTables()) {
    const { count } = await db
      .selectFrom(name as "events")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    counts[name] = count;
  }
  return counts;
}

test("U6 Range requests write no rows", async () => {
  const token = await registerVehicle(fixture, "car");
  const { sha256 } = await publishRelease(fixture, "2.0.0", firmware(2));
  const path = `/repo/image/targets/images/${sha256}.${HARDWARE}_2.0.0.bin`;
  // What publishing began in the background ends first.
  await fixture.cloud.deltas.idle();
  const before = await rowsByTable();
  for (let first = 0; first < 4096; first += 512) {
    const answer = await fixture.call("GET", path, {
      token,
      headers: { range: `bytes=${first}-${first + 511}` },
    });
    expect([answer.status, answer.bytes.length]).toEqual([206, 512]);
  }
  await fixture.cloud.lastSeen.flush();
  expect(await rowsByTable()).toEqual(before);
});
