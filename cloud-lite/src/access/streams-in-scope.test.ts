import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CODE, keyOfUser, testCloud, type TestCloud } from "../testing.ts";
import { europe, type Europe } from "./europe.testing.ts";

vi.setConfig({ hookTimeout: 60_000 });

let fixture: TestCloud;
let world: Europe;
let url: string;
let stranger: string;
beforeAll(async () => {
  fixture = await testCloud({ config: { vinPolicy: "free" } });
  world = await europe(fixture);
  stranger = await keyOfUser(fixture, "stranger", [{ role: "operator", scope: { regions: ["US"] } }]);
  await fixture.app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(fixture.app.server.address() as AddressInfo).port}/api/v1/streams`;
});
afterAll(() => fixture.close());

test("A7 the stream of the fleet, read from its beginning, has nothing of vehicles out of scope", async () => {
  const last = { hardwareId: "HW-LAST" };
  const body = { title: "The last change", regions: [CODE] };
  await fixture.call("PUT", `/api/v1/hardware/${last.hardwareId}`, { body });
  const gone = new AbortController();
  const response = await fetch(`${url}/fleet`, {
    headers: { authorization: `Bearer ${stranger}`, "last-event-id": "0" },
    signal: gone.signal,
  });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(last.hardwareId)) break;
  }
  gone.abort();
  expect(world.secrets.filter((secret) => text.includes(secret))).toEqual([]);
  expect(text).toContain("release.published");
});

test("A7 streams of a vehicle and of a campaign out of scope are as of those that do not exist", async () => {
  const codes = [];
  for (const path of [`vehicles/${world.vehicleIds[0]}`, `campaigns/${world.campaignIds.own}`, "audit"]) {
    const refused = await fetch(`${url}/${path}`, { headers: { authorization: `Bearer ${stranger}` } });
    codes.push(((await refused.json()) as { code: string }).code);
  }
  expect(codes).toEqual(["VEHICLE_UNKNOWN", "CAMPAIGN_UNKNOWN", "PERMISSION_MISSING"]);
});
