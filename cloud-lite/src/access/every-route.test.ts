import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { keyOfUser, registerVehicle, testCloud, type Call, type Reply, type TestCloud } from "../testing.ts";
import { europe, vinOf, type Europe } from "./europe.testing.ts";
import { scopesOf, type Grant } from "./grants.ts";
import { exampleCall, routeCollector, urlOf, type Operation } from "./operations.testing.ts";

/** Hundreds of requests, on whatever machine. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Documents, probes and the log-in: all that needs no credential. */
const OPEN =
  /^GET (\/docs|\/health|\/metrics$|\/api\/v1\/openapi\.json$|\/$|\/console)|^POST \/api\/v1\/sessions$/;

/** Whoever names one of these names something of the fleet of Europe. */
const OF_EUROPE = ["vehicleId", "campaignId", "jobId", "replacementId", "importId", "group"];

/** Each sees other vehicles than those that there are. */
const STRANGERS: Readonly<Record<string, readonly Grant[]>> = {
  "a viewer of another region": [{ role: "viewer", scope: { regions: ["US"] } }],
  "an operator of another model": [{ role: "operator", scope: { models: ["Ibex"] } }],
  "an approver of another region": [{ role: "approver", scope: { regions: ["US"] } }],
};

let fixture: TestCloud;
let world: Europe;
let operations: Operation[];
beforeAll(async () => {
  const routes = routeCollector();
  fixture = await testCloud({ config: { vinPolicy: "free" }, extend: routes.gather });
  operations = routes.operations(fixture.app);
  world = await europe(fixture);
});
afterAll(() => fixture.close());

/** Bodies that reach for Europe where an example would not. */
const reaching = (): Readonly<Record<string, unknown>> => {
  const { releaseId, vehicleIds, campaignIds } = world;
  const rest = { consent: { mode: "silent" }, safetyPolicy: { parked: true } };
  return {
    "POST /api/v1/campaigns": { name: "Mine", releaseId, target: { vehicleIds }, ...rest },
    "POST /api/v1/campaigns/bulk": { campaignIds: Object.values(campaignIds), verb: "pause" },
    "POST /api/v1/vehicles/search": { selection: { not: { vehicleIds: ["x"] } }, q: "car" },
    "POST /api/v1/vehicles/import": [{ vin: vinOf(vehicleIds[0]!), region: "US", model: "Ibex", ecus: [] }],
    "POST /api/v1/vehicles": { vin: vinOf(vehicleIds[0]!), region: "US", model: "Ibex", ecus: [] },
  };
};

const send = (operation: Operation, token: string | null): Promise<Reply> => {
  const call: Call = { ...exampleCall(operation, reaching()[operation.name]), token };
  return fixture.call(operation.method, urlOf(operation, world.ids), call);
};

/** What an answer tells of Europe, besides what the request itself named. */
function leaksOf(operation: Operation, reply: Reply): string[] {
  const named = [urlOf(operation, world.ids), JSON.stringify(reaching()[operation.name] ?? "")];
  const told = named
    .flatMap((text) => text.split(/[/?"]/))
    .filter((part) => part.length > 3)
    .reduce((text, part) => text.replaceAll(part, ""), reply.bytes.toString());
  return world.secrets.filter((secret) => told.includes(secret));
}

const walked = (): Operation[] =>
  operations.filter(({ isStream, name }) => !isStream && !OPEN.test(name) && !name.endsWith("/sessions/end"));

test("A4 every route says who may use it", () => {
  const undeclared = operations.filter(({ admittance, name }) => {
    if (admittance === undefined) return true;
    const { access, permission } = admittance;
    if (access === "anyone") return !OPEN.test(name);
    return (access === "operator" || access === "either") && permission === undefined;
  });
  expect(undeclared.map(({ name }) => name)).toEqual([]);
});

test("A5 without a credential every route answers 401", async () => {
  const open: string[] = [];
  for (const operation of operations.filter(({ name }) => !OPEN.test(name))) {
    const { status } = await send(operation, null);
    if (status !== 401) open.push(`${operation.name}: ${status}`);
  }
  expect(open).toEqual([]);
});

test("A5 a device token opens the routes of devices alone, and those say nothing of other vehicles", async () => {
  const token = await registerVehicle(fixture, "other-car");
  const wrong: string[] = [];
  for (const operation of operations.filter(({ name }) => !OPEN.test(name))) {
    const { access } = operation.admittance;
    const isForDevices = access === "vehicle" || access === "either";
    const reply = await send(operation, token);
    const isRight = isForDevices ? reply.status < 500 : reply.status === 403;
    const leaks = leaksOf(operation, reply);
    if (!isRight || leaks.length > 0) wrong.push(`${operation.name}: ${reply.status} ${leaks.join()}`);
    const isOthers = isForDevices && operation.params.includes("vehicleId");
    if (isOthers && reply.status !== 403) wrong.push(`${operation.name}: ${reply.status}`);
  }
  expect(wrong).toEqual([]);
});

test.each(Object.entries(STRANGERS))("A4 %s gets nothing of the fleet of Europe", async (who, grants) => {
  const token = await keyOfUser(fixture, who.replaceAll(" ", "-"), grants);
  const before = await stateOfEurope();
  const wrong: string[] = [];
  for (const operation of walked()) {
    const reply = await send(operation, token);
    const leaks = leaksOf(operation, reply);
    if (!allowed(operation, grants).includes(reply.status) || leaks.length > 0) {
      wrong.push(`${operation.name}: ${reply.status} ${leaks.join()}`);
    }
  }
  expect(wrong).toEqual([]);
  await fixture.cloud.campaigns.idle();
  expect(await stateOfEurope()).toEqual(before);
});

/** The statuses that a stranger may get. */
function allowed({ admittance, params }: Operation, grants: readonly Grant[]): readonly number[] {
  const { access, permission } = admittance;
  if (access === "vehicle") return [403];
  if (permission !== undefined && scopesOf(grants, permission).length === 0) return [403];
  if (params.some((name) => OF_EUROPE.includes(name))) return [403, 404];
  return [200, 201, 400, 403, 404, 409, 412, 415, 422];
}

/** All that is kept of its vehicles and campaigns. */
async function stateOfEurope(): Promise<unknown> {
  const { db } = fixture.cloud;
  return {
    vehicles: await db.selectFrom("vehicles").selectAll().where("region", "=", "EU").execute(),
    tokens: await db.selectFrom("credentials").selectAll().where("kind", "=", "device").execute(),
    campaigns: await db.selectFrom("campaigns").selectAll().execute(),
    jobs: await db.selectFrom("jobs").selectAll().execute(),
    replacements: await db.selectFrom("ecuReplacements").selectAll().execute(),
    desired: await db.selectFrom("desiredStates").selectAll().execute(),
  };
}
