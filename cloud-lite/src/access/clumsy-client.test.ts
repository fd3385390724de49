import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openApiDocument } from "../plugins/openapi.ts";
import type { Schema } from "../plugins/openapi-examples.ts";
import { Refusal } from "../refusals.ts";
import { registerVehicle, testCloud, type Call, type Reply, type TestCloud } from "../testing.ts";
import { RAW_BODIES, spoiled, valuesOf } from "./bodies.testing.ts";
import { europe, type Europe } from "./europe.testing.ts";
import { routeCollector, urlOf, type Operation } from "./operations.testing.ts";
import { rowCounter, tableContents } from "./table-contents.testing.ts";

/** Of each kind, for each route. */
const BODIES = 6;
const SEED = 20_260_101;
/** Two thousand requests, on whatever machine. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let fixture: TestCloud;
let world: Europe;
let device: string;
let operations: Operation[];
let components: Readonly<Record<string, Schema>>;
let countRows: () => Promise<Record<string, number>>;
const faults: string[] = [];
beforeAll(async () => {
  const routes = routeCollector();
  fixture = await testCloud({
    config: { vinPolicy: "free" },
    extend(app) {
      routes.gather(app);
      app.addHook("onError", async (request, _reply, error) => {
        const status = error instanceof Refusal ? error.status : (error.statusCode ?? 500);
        if (status >= 500) faults.push(`${request.method} ${request.url} ${error.message}`);
      });
    },
  });
  operations = routes.operations(fixture.app);
  components = openApiDocument(fixture.app).components.schemas;
  world = await europe(fixture);
  device = await registerVehicle(fixture, "clumsy-car");
  countRows = await rowCounter(fixture.cloud.db);
});
afterAll(() => fixture.close());

/** Its own log-out would end the walk, and a log-in costs a second of scrypt. */
const LEFT_OUT = /\/(sessions|sessions\/end|password|deactivate)$/;

const writes = (): Operation[] =>
  operations.filter(
    ({ method, name, isDocumented }) => method !== "GET" && isDocumented && !LEFT_OUT.test(name),
  );

const send = ({ admittance, method, ...operation }: Operation, call: Call): Promise<Reply> =>
  fixture.call(method, urlOf({ admittance, method, ...operation }, world.ids), {
    ...call,
    ...(admittance.access === "vehicle" ? { token: device } : {}),
  });

/** What nobody should read in an answer: where it came from, or how it was checked. */
const INSIDE =
  /\n\s+at |node_modules|\/src\/|SQLITE|sqlite|syntax error|instancePath|must match pattern|\^\[|\{1,\d/;

/** What is wrong with an answer to a bad request. */
function rudenessOf(reply: Reply): string[] {
  if (reply.status < 400) return [];
  const text = reply.bytes.toString();
  const { code, detail, help, requestId } = reply.problem();
  return [
    ...(reply.status >= 500 ? [`${reply.status}`] : []),
    ...(reply.header("content-type")?.startsWith("application/problem+json") ? [] : ["no problem+json"]),
    ...(/^[A-Z][A-Z0-9_]+$/.test(code) ? [] : [`code ${code}`]),
    ...(/^\S.* .*\S$/s.test(detail) && help && requestId ? [] : [`detail ${detail}`]),
    ...(INSIDE.test(text) ? [`shows ${INSIDE.exec(text)![0]}`] : []),
    ...(text.length > 4000 ? [`${text.length} bytes`] : []),
  ];
}

/** Sends bad bodies. @returns what went wrong */
async function trouble(operation: Operation, calls: readonly Call[]): Promise<string[]> {
  const wrong: string[] = [];
  const { db, campaigns } = fixture.cloud;
  // What an earlier request began ends first.
  await campaigns.idle();
  const contents = await tableContents(db);
  let counted = await countRows();
  let isUntouched = true;
  for (const call of calls) {
    const sent = JSON.stringify(call.body)?.slice(0, 120);
    const reply = await send(operation, call);
    const found = rudenessOf(reply);
    if (reply.status < 400) {
      isUntouched = false;
      // What follows from a request that was taken is not the next one's doing.
      await campaigns.idle();
      counted = await countRows();
    } else {
      const now = await countRows();
      if (JSON.stringify(now) !== JSON.stringify(counted)) found.push("changed row counts");
      counted = now;
    }
    if (found.length > 0) wrong.push(`${operation.name} ${sent}: ${found.join("; ")}`);
  }
  if (isUntouched && JSON.stringify(await tableContents(db)) !== JSON.stringify(contents)) {
    wrong.push(`${operation.name}: changed rows`);
  }
  return wrong;
}

test("A1 bodies that are odd or wrong in one place are taken or refused in words, and a refused one changes nothing", async () => {
  const wrong: string[] = [];
  for (const operation of writes()) {
    const { body } = operation;
    if (!body) continue;
    const values = valuesOf(body.schema, components);
    const odd = fc.sample(values, { seed: SEED, numRuns: BODIES });
    const spoiledOnes = fc.sample(fc.oneof(spoiled(body.example), values.chain(spoiled)), {
      seed: SEED,
      numRuns: 2 * BODIES,
    });
    wrong.push(
      ...(await trouble(
        operation,
        [...spoiledOnes, ...odd].map((one) => ({ body: one ?? "null" })),
      )),
    );
  }
  expect([wrong, faults]).toEqual([[], []]);
});

test("A1 what is no JSON, or JSON that nobody means, is refused in words and changes nothing", async () => {
  const wrong: string[] = [];
  const calls = RAW_BODIES.map((body) => ({ body, type: "application/json" }));
  for (const operation of writes()) wrong.push(...(await trouble(operation, calls)));
  expect([wrong, faults]).toEqual([[], []]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("A11 a body of 10 MB is refused where no file is meant", async () => {
  const body = `{"name":"${"x".repeat(10 * 1024 * 1024)}"}`;
  const wrong: string[] = [];
  for (const operation of writes().filter(({ body: json }) => json !== undefined)) {
    const reply = await send(operation, { body, type: "application/json" });
    if (reply.status !== 413) wrong.push(`${operation.name}: ${reply.status}`);
  }
  expect(wrong).toEqual([]);
});

test.each(["%00", "-1", "9".repeat(30), "%F0%9F%92%A9", "%ED%A0%80", "", "x".repeat(2000), "a&a=b"])(
  "A2 the query %s is answered or refused in words wherever it stands",
  async (value) => {
    const wrong: string[] = [];
    for (const operation of operations.filter(({ method, isStream }) => method === "GET" && !isStream)) {
      for (const name of operation.query) {
        const url = `${urlOf(operation, world.ids)}?${name}=${value}`;
        const token = operation.admittance.access === "vehicle" ? device : fixture.operatorKey;
        const found = rudenessOf(await fixture.call("GET", url, { token }));
        if (found.length > 0) wrong.push(`${url}: ${found.join("; ")}`);
      }
    }
    expect([wrong, faults]).toEqual([[], []]);
  },
);
