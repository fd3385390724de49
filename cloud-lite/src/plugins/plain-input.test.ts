import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";
import { unfitPart } from "./plain-input.ts";

let fixture: TestCloud;
beforeEach(async () => {
  fixture = await testCloud();
});
afterEach(() => fixture.close());

test.each<[string, unknown, string[] | undefined]>([
  ["a zero byte", { a: ["x", "\u0000"] }, ["a", "1"]],
  ["a lone surrogate", { a: { b: "\uD800" } }, ["a", "b"]],
  ["a name", { a: { "\u0000": 1 } }, ["a"]],
  ["a number beyond what JSON tells exactly", { a: [1, 2 ** 53] }, ["a", "1"]],
  ["such a number below zero", { a: -(2 ** 53) }, ["a"]],
  ["a number that is not finite", { a: Number.POSITIVE_INFINITY }, ["a"]],
  ["nothing", { a: "💩", b: [1, null, true, -0.5, 2 ** 53 - 1, 1 - 2 ** 53, 1e-300] }, undefined],
])("A1 what is unfit in a body is found: %s", (_what, body, path) => {
  expect(unfitPart(body)?.path).toEqual(path);
});

test("A1 a text with a zero byte is refused with its place", async () => {
  const refused = await fixture.call("POST", "/api/v1/releases", { body: { name: "Sp\u0000ring" } });
  expect(refused.problem()).toMatchObject({
    status: 400,
    code: "TEXT_UNFIT",
    detail: "body.name has the character U+0000 in it, which no text may have.",
  });
});

test("A2 a zero byte in a query is refused", async () => {
  expect((await fixture.call("GET", "/api/v1/vehicles?q=%00")).problem().code).toBe("TEXT_UNFIT");
});

test("A11 a body nested too deep is refused before it is looked through", async () => {
  const body = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  const refused = await fixture.call("POST", "/api/v1/vehicles/import", { body, type: "application/json" });
  expect(refused.problem()).toMatchObject({ status: 400, code: "JSON_TOO_DEEP" });
});

test.each<[string, "POST" | "PUT", string, string, string]>([
  [
    "of a search",
    "POST",
    "/api/v1/vehicles/search",
    '{"selection":{"lastSeen":{"after":9300000000000000000}}}',
    "body.selection.lastSeen.after is 9300000000000000000; it must be at most 9007199254740991",
  ],
  [
    "of a preview",
    "POST",
    "/api/v1/vehicles/preview",
    '{"selection":{"not":{"lastSeen":{"before":1e400}}}}',
    "body.selection.not.lastSeen.before is Infinity; it must be at most 9007199254740991",
  ],
  [
    "of a campaign",
    "POST",
    "/api/v1/campaigns",
    '{"startAt":1e300}',
    "body.startAt is 1e+300; it must be at most 9007199254740991",
  ],
  [
    "of a desired state",
    "PUT",
    "/api/v1/groups/berlin/desired-state",
    '{"configuration":{"charging.limit":-1e16}}',
    "body.configuration.charging.limit is -10000000000000000; it must be at least -9007199254740991",
  ],
])(
  "A1 a number %s that no database keeps is refused with its place",
  async (_what, method, url, body, said) => {
    const refused = await fixture.call(method, url, { body, type: "application/json" });
    expect(refused.problem()).toMatchObject({
      status: 400,
      code: "REQUEST_INVALID",
      detail: `The request is not as documented: ${said}.`,
    });
  },
);
