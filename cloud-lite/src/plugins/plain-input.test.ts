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
  ["nothing", { a: "💩", b: [1, null, true] }, undefined],
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
