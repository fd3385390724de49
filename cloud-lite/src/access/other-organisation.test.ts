import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { registerVehicle, testCloud, keyOfUser, type Reply, type TestCloud } from "../testing.ts";
import { europe, type Europe } from "./europe.testing.ts";
import { EVERYTHING } from "./grants.ts";
import { exampleCall, routeCollector, urlOf, type Operation } from "./operations.testing.ts";
import { tableContents } from "./table-contents.testing.ts";

/** Hundreds of requests, on whatever machine. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const OTHER = uuidv7();
const ofOther = sql`organisation_id = ${sql.lit(OTHER)}`;

let fixture: TestCloud;
let world: Europe;
let operations: Operation[];
let admin: string;
beforeAll(async () => {
  const routes = routeCollector();
  fixture = await testCloud({ config: { vinPolicy: "free" }, extend: routes.gather });
  operations = routes.operations(fixture.app);
  world = await europe(fixture);
  await giveAway(fixture);
  admin = await keyOfUser(fixture, "admin-of-this-one", EVERYTHING);
});
afterAll(() => fixture.close());

/** Everything that there is becomes another organisation's; the repositories stay, for a cloud begins with them. */
async function giveAway({ cloud: { db }, clock }: TestCloud): Promise<void> {
  await db
    .insertInto("organisations")
    .values({ organisationId: OTHER, name: "other", createdAt: clock.at })
    .execute();
  for (const { name } of await db.introspection.getTables()) {
    if (/^(kysely_|tuf_|organisations$)/.test(name)) continue;
    await sql`update ${sql.table(name)} set organisation_id = ${OTHER} where organisation_id = ${DEFAULT_ORGANISATION}`.execute(
      db,
    );
  }
}

const send = (operation: Operation, token: string): Promise<Reply> =>
  fixture.call(operation.method, urlOf(operation, world.ids), {
    ...exampleCall(operation, reaching(operation)),
    token,
  });

function reaching({ name }: Operation): unknown {
  const { releaseId, vehicleIds, campaignIds } = world;
  const rest = { consent: { mode: "silent" }, safetyPolicy: { parked: true } };
  if (name === "POST /api/v1/campaigns") return { name: "Mine", releaseId, target: { vehicleIds }, ...rest };
  if (name === "POST /api/v1/campaigns/bulk")
    return { campaignIds: Object.values(campaignIds), verb: "abort" };
  if (name === "POST /api/v1/vehicles/search") return { selection: { all: true }, q: "car" };
  return undefined;
}

/** Of the answer, what the request did not name itself. */
function leaksOf(operation: Operation, reply: Reply): string[] {
  const asked = `${urlOf(operation, world.ids)}${JSON.stringify(reaching(operation) ?? "")}`;
  const told = asked
    .split(/[/?"]/)
    .filter((part) => part.length > 3)
    .reduce((text, part) => text.replaceAll(part, ""), reply.bytes.toString());
  return world.secrets.filter((secret) => told.includes(secret));
}

test("A4 an admin sees and changes nothing of another organisation", async () => {
  const { db, campaigns } = fixture.cloud;
  await campaigns.idle();
  const before = await tableContents(db, ofOther);
  expect(before.vehicles?.length).toBe(world.vehicleIds.length);
  const wrong: string[] = [];
  for (const operation of operations.filter(
    ({ isStream, name }) => !isStream && !name.endsWith("/sessions/end"),
  )) {
    const reply = await send(operation, admin);
    const leaks = leaksOf(operation, reply);
    const namesSomething = operation.params.some((name) => name.endsWith("Id") && name !== "hardwareId");
    const isRefused = reply.status >= 400 && reply.status < 500;
    if (leaks.length > 0 || reply.status >= 500 || (namesSomething && !isRefused)) {
      wrong.push(`${operation.name}: ${reply.status} ${leaks.join()}`);
    }
  }
  expect(wrong).toEqual([]);
  await campaigns.idle();
  expect(await tableContents(db, ofOther)).toEqual(before);
});

test("A5 a vehicle of the same name in another organisation is another vehicle", async () => {
  const { db } = fixture.cloud;
  const [first, second] = world.vehicleIds as [string, string];
  const operatorKey = admin;
  const same = {
    ...fixture,
    operatorKey,
    call: (...[method, url, call]: Parameters<TestCloud["call"]>) =>
      fixture.call(method, url, { token: admin, ...call }),
  };
  const token = await registerVehicle(same, first);
  const before = await tableContents(db, ofOther);
  const wrong: string[] = [];
  for (const operation of operations.filter(
    ({ admittance: { access } }) => access === "vehicle" || access === "either",
  )) {
    const reply = await send(operation, token);
    const leaks = leaksOf(operation, reply).filter((secret) => secret !== "of-europe");
    if (leaks.length > 0 || reply.status >= 500 || reply.bytes.includes(second)) wrong.push(operation.name);
  }
  expect(wrong).toEqual([]);
  expect(await tableContents(db, ofOther)).toEqual(before);
});
