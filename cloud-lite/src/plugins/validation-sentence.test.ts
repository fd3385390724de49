import fastify from "fastify";
import { Type, type TSchema } from "typebox";
import { expect, test } from "vitest";
import { validationSentence, type ValidationFault } from "./validation-sentence.ts";

const closed = { additionalProperties: false };
const Mode = Type.Union([Type.Literal("silent"), Type.Literal("banner"), Type.Literal("forced")]);
const Target = Type.Union([
  Type.Object({ vehicleIds: Type.Array(Type.String()) }, closed),
  Type.Object({ all: Type.Literal(true) }, closed),
]);

const Year = Type.Integer({ minimum: 1900, maximum: 2200 });
const Place = Type.Object({ lat: Type.Number(), lon: Type.Number() });

/** The sentence for a body that does not fit its schema, by way of the server's own validator. */
async function sentence(schema: TSchema, body: unknown): Promise<string> {
  const app = fastify({
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, verbose: true } },
  });
  app.setErrorHandler((error: Error & { validation?: readonly ValidationFault[] }, _request, reply) =>
    reply.code(400).send(validationSentence("body", error.validation ?? [])),
  );
  app.post("/", { schema: { body: schema } }, () => "fits");
  const answer = await app.inject({ method: "POST", url: "/", payload: body as object });
  await app.close();
  return answer.body;
}

test.each<[TSchema, unknown, string]>([
  [Type.Object({ name: Type.String() }), {}, "body.name is missing"],
  [
    Type.Object({ ecus: Type.Array(Type.Object({ ecuId: Type.String() })) }),
    { ecus: [{}] },
    "body.ecus[0].ecuId is missing",
  ],
  [
    Type.Object({ name: Type.String(), year: Type.Optional(Type.Integer()) }, closed),
    { name: "x", colour: "red" },
    'body has "colour", which is not known; it may have name, year',
  ],
  [Type.Object({ year: Type.Integer() }), { year: "2026" }, 'body.year is "2026"; it must be an integer'],
  [
    Type.Object({ id: Type.String({ pattern: "^[A-Z]{3}$", examples: ["ENG"], description: "Serial" }) }),
    { id: "a b" },
    'body.id is "a b"; it must be like "ENG" (Serial)',
  ],
  [
    Type.Object({ id: Type.String({ pattern: "^[A-Z]{3}$" }) }),
    { id: "a" },
    'body.id is "a"; it must be as the API\'s document says',
  ],
  [
    Type.Object({ mode: Mode }),
    { mode: "loud" },
    'body.mode is "loud"; it must be one of silent, banner, forced',
  ],
  [Type.Object({ mode: Type.Enum(["on", "off"]) }), { mode: 3 }, "body.mode is 3; it must be one of on, off"],
  [
    Type.Object({ target: Target }),
    { target: { everyone: true } },
    'body.target is {"everyone":true}; it must be {vehicleIds} or {all}',
  ],
  [
    Type.Object({ target: Target }),
    { target: { vehicleIds: ["a", 5] } },
    "body.target.vehicleIds[1] is 5; it must be a string",
  ],
  [Type.Object({ n: Type.Integer({ maximum: 5 }) }), { n: 7 }, "body.n is 7; it must be at most 5"],
  [
    Type.Object({ s: Type.String({ minLength: 1 }) }),
    { s: "" },
    'body.s is ""; it must have at least 1 characters',
  ],
  [
    Type.Object({ l: Type.Array(Type.Integer(), { uniqueItems: true }) }),
    { l: [1, 1] },
    "body.l is [1,1]; no entry may come twice",
  ],
  [
    Type.Object({ counter: Type.String({ pattern: "^\\d{1,10}$", description: "0 to 4294967295" }) }),
    { counter: "1e1" },
    'body.counter is "1e1"; it must be 1 to 10 digits (0 to 4294967295)',
  ],
  [
    Type.Object({ year: Type.String({ pattern: "^\\d{4}$" }) }),
    { year: "20" },
    'body.year is "20"; it must be 4 digits',
  ],
  [
    Type.Object({ key: Type.String({ pattern: "^[\\x21-\\x7e]{1,128}$" }) }),
    { key: "a b" },
    'body.key is "a b"; it must be 1 to 128 visible ASCII characters',
  ],
  [
    Type.Object({ key: Type.String({ pattern: "^[a-z]{1,3}$" }) }),
    { key: "four" },
    'body.key is "four"; it must be as the API\'s document says',
  ],
  [Type.Object({ reason: Type.String() }), undefined, "there is no body; it must be an object with reason"],
  [Type.Object({ why: Type.Optional(Type.String()) }), undefined, "there is no body; it must be an object"],
  [Target, undefined, "there is no body; it must be {vehicleIds} or {all}"],
  [Type.Object({ at: Place }), { at: 3 }, "body.at is 3; it must be an object with lat, lon"],
  [
    Type.Object({ year: Type.Union([Year, Type.Null()]) }),
    { year: 1 },
    "body.year is 1; it must be at least 1900",
  ],
  [
    Type.Object({ year: Type.Union([Type.Null(), Year]) }),
    { year: 9999 },
    "body.year is 9999; it must be at most 2200",
  ],
  [
    Type.Object({ year: Type.Union([Year, Type.Null()]) }),
    { year: "x" },
    'body.year is "x"; it must be an integer or a null',
  ],
  [
    Type.Object({ size: Type.Union([Type.Literal("all"), Type.Integer({ minimum: 1 })]) }),
    { size: "some" },
    'body.size is "some"; it must be all or an integer',
  ],
  [Type.Object({ at: Type.Union([Place, Type.Null()]) }), { at: { lat: 1 } }, "body.at.lon is missing"],
])("A1 a fault is told as a sentence with the value: %#", async (schema, body, expected) => {
  expect(await sentence(schema, body)).toBe(expected);
});

test("A1 a long value is shown by its beginning", async () => {
  const said = await sentence(Type.Object({ s: Type.String({ maxLength: 10 }) }), { s: "x".repeat(5000) });
  expect(said.length).toBeLessThan(130);
  expect(said).toContain("xxx…; it must have at most 10 characters");
});

test("T3 a secret that does not fit is not repeated", async () => {
  const schema = Type.Object({ newPassword: Type.String({ minLength: 12 }) });
  expect(await sentence(schema, { newPassword: "hunter2" })).toBe(
    "body.newPassword is not as asked; it must have at least 12 characters",
  );
});
