import { readFile } from "node:fs/promises";
import { Compile } from "typebox/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInProcessCloud } from "../in-process.ts";
import { halfDelta, testCloud, type TestCloud } from "../testing.ts";
import { breakingChanges } from "./openapi-changes.ts";
import { jsonMedia, type ApiDocument } from "./openapi-examples.ts";
import { openApiText } from "./openapi-text.ts";

const text = await openApiText();
const document = JSON.parse(text) as ApiDocument;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method} ${path}`,
    operation: operation as Described,
  })),
);
interface Described {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly responses?: Readonly<Record<string, object>>;
}

let fixture: TestCloud;
beforeAll(async () => {
  fixture = await testCloud();
});
afterAll(() => fixture.close());

test("A1 the OpenAPI document that is checked in is the one of the routes; `cloud openapi` writes it", async () => {
  expect(await readFile(new URL("../../openapi.json", import.meta.url), "utf8")).toBe(text);
});

test("A1 every operation has a summary, a tag, an answer and its refusals", () => {
  expect(document.openapi).toBe("3.1.0");
  const bare = operations
    .filter(({ operation: { summary, tags, responses = {} } }) => {
      const statuses = Object.keys(responses);
      return !summary || !tags || !responses["4XX"] || !statuses.some((status) => status.startsWith("2"));
    })
    .map(({ name }) => name);
  expect(bare).toEqual([]);
});

/** Pages and files for browsers and scrapers, the document itself, and WebSockets, which OpenAPI cannot describe. */
const NOT_OPERATIONS = /^GET (\/docs|\/metrics$|\/api\/v1\/openapi\.json$|\/console|\/$|.*\/socket$)/;

test("A1 every route of the app is in the document", async () => {
  const routes: string[] = [];
  const other = await createInProcessCloud({
    now: Date.now,
    deltaCreator: halfDelta,
    extend: (app) =>
      app.addHook("onRoute", ({ method, url }) => {
        for (const one of [method].flat()) routes.push(`${one} ${url}`);
      }),
  });
  await other.close();
  const documented = new Set(operations.map(({ name }) => name.toLowerCase()));
  const missing = routes
    .filter((route) => !/^(HEAD|OPTIONS) /.test(route) && !NOT_OPERATIONS.test(route))
    .filter((route) => !documented.has(route.replaceAll(/:(\w+)/g, "{$1}").toLowerCase()));
  expect(missing).toEqual([]);
});

test("A1 every JSON request and answer has an example that fits its schema", () => {
  const { components } = document;
  const unfit = [...jsonMedia(document)].flatMap(({ where, media }) => {
    if (!("example" in media)) return [`${where} has none`];
    const validator = Compile({ ...media.schema, components });
    if (validator.Check(media.example)) return [];
    return [`${where} ${JSON.stringify(validator.Errors(media.example)[1][0])}`];
  });
  expect(unfit).toEqual([]);
});

test("A1 nothing that a client of the released API relies on has changed without a major version", async () => {
  const released = JSON.parse(
    await readFile(new URL("../../openapi.released.json", import.meta.url), "utf8"),
  ) as ApiDocument;
  const majorOf = ({ info }: ApiDocument): string => info.version.split(".")[0]!;
  if (majorOf(document) !== majorOf(released)) return;
  expect(breakingChanges(released, document)).toEqual([]);
});

test("A1 the pages of /docs need nothing from elsewhere", async () => {
  const page = await fixture.call("GET", "/docs/", { token: null });
  expect(page.status).toBe(200);
  const links = [...page.bytes.toString().matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
  expect(links.filter((link) => /^(https?:)?\/\//.test(link))).toEqual([]);
  for (const link of links.filter((one) => !one.startsWith("data:"))) {
    const { pathname } = new URL(link, "http://cloud/docs/");
    expect((await fixture.call("GET", pathname, { token: null })).status, pathname).toBe(200);
  }
});
