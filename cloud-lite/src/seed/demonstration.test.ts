import { expect, test } from "vitest";
import { testCloud } from "../testing.ts";
import { seedDemonstration } from "./demonstration.ts";

test("A13 the demonstration is taken by the API as it is, and its campaign starts", async () => {
  const fixture = await testCloud();
  const seeded = await seedDemonstration(async (method, path, body) => {
    const type =
      body instanceof Uint8Array ? { type: "application/octet-stream", body: Buffer.from(body) } : { body };
    const answer = await fixture.call(method, `/api/v1${path}`, type);
    expect(answer.status, path).toBeLessThan(300);
    return answer.data();
  }, 40);
  expect(seeded).toMatchObject({ vehicles: 40, releases: 2 });
  const path = `/api/v1/campaigns/${seeded.campaignId}`;
  await fixture.call("POST", `${path}/start`);
  await fixture.cloud.campaigns.idle();
  const { jobs } = (await fixture.call("GET", path)).data() as { jobs: { queued: number } };
  expect(jobs.queued).toBe(2);
  await fixture.cloud.deltas.idle();
  expect(fixture.errors).toEqual([]);
  await fixture.close();
});
