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
  readonly responses?: Readonly<Record<string, { readonly content?: Record<string, { schema: Answer }> }>>;
  readonly parameters?: readonly { readonly name: string }[];
}
interface Answer {
  readonly properties?: { readonly data?: { readonly type?: string } };
}
const takes = ({ parameters = [] }: Described, name: string): boolean =>
  parameters.some((parameter) => parameter.name === name);

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
      return !summary || !tags || !responses["4XX"] || !statuses.some((status) => /^(2|101$)/.test(status));
    })
    .map(({ name }) => name);
  expect(bare).toEqual([]);
});

/** Writes that take no Idempotency-Key, and why a repeat is harmless all the same. */
const WITHOUT_KEY: Readonly<Record<string, string>> = {
  "post /api/v1/vehicles/preview": "it reads",
  "post /api/v1/vehicles/search": "it reads",
  "post /api/v1/vehicles/import": "rows that are as they should be are left alone",
  "post /api/v1/sessions": "an answer with a secret is not kept",
  "post /api/v1/sessions/end": "what is over stays over",
  "post /api/v1/me/password": "a hash of the same password",
  "post /api/v1/users/{userId}/password": "a hash of the same password",
  "post /api/v1/campaigns/bulk": "each verb may be repeated",
  "post /api/v1/webhooks/{webhookId}/test": "it sends a test, each time",
  "post /api/v1/device/events": "events have ids",
  "put /api/v1/device/version-manifest": "the same report says the same",
  "put /api/v1/device/reported-state": "the same report says the same",
};

test("A3 every write takes an Idempotency-Key, or does no harm a second time", () => {
  const bare = operations
    .filter(({ name, operation }) => !name.startsWith("get ") && !takes(operation, "idempotency-key"))
    .map(({ name }) => name);
  expect(bare.filter((name) => WITHOUT_KEY[name] === undefined)).toEqual([]);
});

test("A2 every list pages by cursor, but the short one of a vehicle's ECUs", () => {
  const lists = operations.filter(({ name, operation: { responses } }) => {
    const schema = responses?.["200"]?.content?.["application/json"]?.schema;
    return name.startsWith("get ") && schema?.properties?.data?.type === "array";
  });
  expect(lists.length).toBeGreaterThan(10);
  const whole = lists.filter(({ operation }) => !takes(operation, "cursor")).map(({ name }) => name);
  expect(whole).toEqual(["get /api/v1/vehicles/{vehicleId}/software-inventory"]);
});

/** Pages and files for browsers and scrapers, and the document itself. */
const NOT_OPERATIONS = /^GET (\/docs|\/metrics$|\/api\/v1\/openapi\.json$|\/console|\/$)/;

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
