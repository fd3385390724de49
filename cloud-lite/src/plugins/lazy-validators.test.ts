import type { RouteOptions } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";

/** A body may have one schema for each of its media types. */
const schemasOf = (part: unknown): unknown[] => {
  if (part === undefined) return [];
  const { content } = part as { content?: Record<string, { schema: unknown }> };
  return content ? Object.values(content).map(({ schema }) => schema) : [part];
};

const PARTS = ["body", "querystring", "params", "headers"] as const;
const routes: RouteOptions[] = [];
let made: TestCloud;
beforeEach(async () => {
  routes.length = 0;
  made = await testCloud({ extend: (app) => app.addHook("onRoute", (route) => void routes.push(route)) });
});
afterEach(() => made.close());

test("A1 every schema of every route compiles, though no request has come yet", () => {
  const given = routes.flatMap(({ method, url, schema }) =>
    PARTS.flatMap((httpPart) =>
      schemasOf(schema?.[httpPart]).map((part) => ({
        method: String(method),
        url,
        httpPart,
        schema: part,
      })),
    ),
  );
  expect(given.length).toBeGreaterThan(50);
  for (const part of given) made.app.validatorCompiler!(part)({});
});

test("A1 the second request is told its own faults, not those of the first", async () => {
  const faultOf = async (body: object) =>
    (await made.call("POST", "/api/v1/vehicles", { body })).problem().detail;
  expect(await faultOf({ ecus: 1 })).toMatch(/ecus/);
  expect(await faultOf({ ecus: [], vehicleId: 2 })).toMatch(/vehicleId/);
});
