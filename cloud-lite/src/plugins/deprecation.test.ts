import fastify from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { App } from "../cloud.ts";
import { addDeprecation } from "./deprecation.ts";
import { addOpenApi, openApiDocument } from "./openapi.ts";

let app: App;
beforeEach(async () => {
  app = fastify();
  addDeprecation(app);
  await addOpenApi(app);
  const deprecated = {
    since: Date.UTC(2026, 4, 1),
    sunset: Date.UTC(2027, 4, 1),
    link: "https://example.org/v2",
  };
  app.get("/old", { config: { deprecated }, schema: { summary: "Old" } }, () => ({}));
  app.get("/new", { schema: { summary: "New" } }, () => ({}));
  await app.ready();
});
afterEach(() => app.close());

test("A15 a deprecated route says since when, until when, and what to read", async () => {
  expect((await app.inject("/old")).headers).toMatchObject({
    deprecation: "@1777593600",
    sunset: "Sat, 01 May 2027 00:00:00 GMT",
    link: '<https://example.org/v2>; rel="deprecation"; type="text/html"',
  });
});

test("A15 other routes say nothing of it", async () => {
  const { headers } = await app.inject("/new");
  expect(headers).not.toHaveProperty("deprecation");
  expect(headers).not.toHaveProperty("sunset");
});

test("A15 the OpenAPI document marks what is deprecated", () => {
  const { paths } = openApiDocument(app);
  expect(paths["/old"]!.get).toMatchObject({ deprecated: true });
  expect(paths["/new"]!.get).not.toHaveProperty("deprecated");
});
