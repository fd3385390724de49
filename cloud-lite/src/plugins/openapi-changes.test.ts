import { expect, test } from "vitest";
import { breakingChanges } from "./openapi-changes.ts";
import type { ApiDocument, Schema } from "./openapi-examples.ts";

const closed = (properties: Record<string, Schema>, ...required: string[]): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const text: Schema = { type: "string" };
const json = (schema: Schema) => ({ content: { "application/json": { schema } } });

interface Parts {
  path?: string;
  body?: Schema;
  data?: Schema;
  parameters?: object[];
  schemas?: Record<string, Schema>;
  status?: string;
}

/** A document of one operation. */
const api = ({
  path = "/things/{id}",
  body,
  data = text,
  parameters = [],
  schemas = {},
  status = "200",
}: Parts) =>
  ({
    openapi: "3.1.0",
    info: { version: "1.0.0" },
    paths: {
      [path]: {
        post: {
          parameters,
          ...(body ? { requestBody: { required: true, ...json(body) } } : {}),
          responses: { [status]: json(data) },
        },
      },
    },
    components: { schemas },
  }) as unknown as ApiDocument;

const query = (name: string, required: boolean, schema: Schema = text) => ({
  name,
  in: "query",
  required,
  schema,
});

test.each<[string, Parts, Parts, string[]]>([
  ["nothing changed", {}, {}, []],
  ["a path parameter has another name", {}, { path: "/things/{thingId}" }, []],
  ["an operation is gone", {}, { path: "/others" }, ["POST /things/{id} is gone"]],
  ["an answer is gone", {}, { status: "201" }, ["POST /things/{id}: it no longer answers 200"]],
  ["a body is new", {}, { body: text }, ["POST /things/{id}: it needs a body"]],
  ["a new parameter may be left out", {}, { parameters: [query("q", false)] }, []],
  [
    "a new parameter is required",
    {},
    { parameters: [query("q", true)] },
    ["POST /things/{id}: query parameter q is new and required"],
  ],
  [
    "a parameter becomes required",
    { parameters: [query("q", false)] },
    { parameters: [query("q", true)] },
    ["POST /things/{id}: query parameter q is required"],
  ],
  [
    "a parameter is gone, and unknown ones are refused",
    { parameters: [query("q", false)] },
    {},
    ["POST /things/{id}: query parameter q is gone"],
  ],
  [
    "a request takes one more member",
    { body: closed({ a: text }) },
    { body: closed({ a: text, b: text }) },
    [],
  ],
  [
    "a request takes one member less",
    { body: closed({ a: text, b: text }) },
    { body: closed({ a: text }) },
    ["POST /things/{id}: body.b is gone"],
  ],
  [
    "a request needs one more member",
    { body: closed({ a: text }) },
    { body: closed({ a: text }, "a") },
    ["POST /things/{id}: body.a is required"],
  ],
  ["a request needs one member less", { body: closed({ a: text }, "a") }, { body: closed({ a: text }) }, []],
  [
    "a bound of a request is stricter",
    { body: closed({ a: { type: "string", maxLength: 80 } }) },
    { body: closed({ a: { type: "string", maxLength: 40 } }) },
    ["POST /things/{id}: body.a has a stricter maxLength"],
  ],
  [
    "a bound of a request is looser",
    { body: closed({ a: { type: "integer", minimum: 5 } }) },
    { body: closed({ a: { type: "integer", minimum: 1 } }) },
    [],
  ],
  [
    "a request takes a value less",
    { body: { type: "string", enum: ["a", "b"] } },
    { body: { type: "string", enum: ["a"] } },
    ["POST /things/{id}: body is no longer b"],
  ],
  [
    "an enumeration is written another way",
    { body: { anyOf: [{ const: "a" }, { const: "b" }] } },
    { body: { type: "string", enum: ["b", "a", "c"] } },
    [],
  ],
  [
    "a request takes numbers in place of integers",
    { body: { type: "integer" } },
    { body: { type: "number" } },
    [],
  ],
  [
    "an answer has numbers in place of integers",
    { data: { type: "integer" } },
    { data: { type: "number" } },
    ["POST /things/{id}: answer 200 was integer and is number"],
  ],
  [
    "an answer says one thing more",
    { data: closed({ a: text }) },
    { data: closed({ a: text, b: text }) },
    [],
  ],
  [
    "an answer says one thing less",
    { data: closed({ a: text, b: text }) },
    { data: closed({ a: text }) },
    ["POST /things/{id}: answer 200.b is gone"],
  ],
  [
    "an answer may leave out what it always had",
    { data: closed({ a: text }, "a") },
    { data: closed({ a: text }) },
    ["POST /things/{id}: answer 200.a may be missing"],
  ],
  [
    "an answer has a new value of an enumeration",
    { data: { type: "string", enum: ["a"] } },
    { data: { type: "string", enum: ["a", "b"] } },
    [],
  ],
  [
    "a request loses one of its forms",
    { body: { anyOf: [closed({ a: text }, "a"), closed({ b: text }, "b")] } },
    { body: closed({ a: text }, "a") },
    ["POST /things/{id}: body no longer has one of its forms"],
  ],
  [
    "a request gains a form",
    { body: closed({ a: text }, "a") },
    { body: { anyOf: [closed({ a: text }, "a"), closed({ b: text }, "b")] } },
    [],
  ],
  [
    "a change lies deep in a component that contains itself",
    {
      data: { $ref: "#/components/schemas/T" },
      schemas: { T: closed({ t: { $ref: "#/components/schemas/T" }, l: { type: "array", items: text } }) },
    },
    {
      data: { $ref: "#/components/schemas/T" },
      schemas: {
        T: closed({
          t: { $ref: "#/components/schemas/T" },
          l: { type: "array", items: { type: "integer" } },
        }),
      },
    },
    ["POST /things/{id}: answer 200.l[] was string and is integer"],
  ],
])("A1 breaking or not: %s", (_name, before, after, expected) => {
  expect(breakingChanges(api(before), api(after))).toEqual(expected);
});
