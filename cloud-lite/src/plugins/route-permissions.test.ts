import type { RouteOptions } from "fastify";
import { expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { admittanceOf, RouteUndeclared, type Admittance } from "./route-permissions.ts";
import { testCloud } from "../testing.ts";

const route = (given: object): RouteOptions => ({
  method: "GET",
  url: "/x",
  handler: () => undefined,
  ...given,
});

const declared: [string, object, Admittance][] = [
  ["a read by its tag", { schema: { tags: ["vehicles"] } }, { access: "operator", permission: "fleet.read" }],
  [
    "a write by its tag",
    { method: "POST", schema: { tags: ["campaigns"] } },
    { access: "operator", permission: "campaign.write" },
  ],
  [
    "its own permission before the tag's",
    { config: { permission: "campaign.approve" }, schema: { tags: ["campaigns"] } },
    { access: "operator", permission: "campaign.approve" },
  ],
  [
    "vehicles besides operators with a permission",
    { config: { access: "either" }, schema: { tags: ["repositories"] } },
    { access: "either", permission: "release.read" },
  ],
  ["vehicles alone", { config: { access: "vehicle" } }, { access: "vehicle" }],
  ["anyone", { config: { access: "anyone" } }, { access: "anyone" }],
  ["the pages of the documentation", { url: "/docs/static/*" }, { access: "anyone" }],
];

test.each(declared)("A4 a route admits %s", (_what, given, admittance) => {
  expect(admittanceOf(route(given))).toEqual(admittance);
});

test.each([[{}], [{ schema: { tags: ["device"] } }], [{ url: "/docsx" }]])(
  "A4 a route %j that says nothing about who may use it stops the start",
  (given) => {
    expect(() => admittanceOf(route(given))).toThrow(RouteUndeclared);
  },
);

test("A5 no operation answers without a credential but health and the log-in", async () => {
  const fixture = await testCloud({ config: { addressRate: 100_000 } });
  const { paths } = openApiDocument(fixture.app) as { paths: Record<string, Record<string, unknown>> };
  const open: string[] = [];
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      const url = path.replaceAll(/\{\w+\}/g, "x");
      const answer = await fixture.app.inject({ method: method.toUpperCase() as "GET", url });
      if (answer.statusCode !== 401) open.push(`${method} ${path}`);
    }
  }
  expect(open).toEqual(["get /health/live", "get /health", "get /health/ready", "post /api/v1/sessions"]);
  await fixture.close();
});
