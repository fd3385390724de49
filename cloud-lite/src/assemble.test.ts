import { expect, test } from "vitest";
import { DEFAULT_ORGANISATION } from "./db/open.ts";
import { testDatabase } from "./db/test-database.ts";
import { createInProcessCloud } from "./in-process.ts";
import { halfDelta } from "./testing.ts";

test("A10 what fails in the background is told by the name of its part", async () => {
  const failed: string[] = [];
  const database = await testDatabase();
  const made = await createInProcessCloud({
    database: database.place,
    now: () => 1,
    deltaCreator: halfDelta,
    onError: (_error, work) => void failed.push(work),
  });
  made.cloud.campaigns.wake(DEFAULT_ORGANISATION, "no-such-campaign");
  await made.cloud.campaigns.idle();
  await made.close();
  await database.drop();
  expect(failed).toEqual(["campaigns"]);
});
