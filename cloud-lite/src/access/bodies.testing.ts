import fc, { type Arbitrary } from "fast-check";
import type { Schema } from "../plugins/openapi-examples.ts";

type Components = Readonly<Record<string, Schema>>;

const COMPONENT = "#/components/schemas/";
/** A selection holds selections: deeper than this a part that refers to itself is left out. */
const MAX_DEPTH = 6;

/** Values that a JSON Schema of the OpenAPI document allows, also odd ones. */
export function valuesOf(schema: Schema, components: Components, depth = 0): Arbitrary<unknown> {
  const inner = (part: unknown): Arbitrary<unknown> => valuesOf(part as Schema, components, depth + 1);
  if (typeof schema.$ref === "string")
    return valuesOf(components[schema.$ref.slice(COMPONENT.length)]!, components, depth + 1);
  if ("const" in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  const union = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(union)) return fc.oneof(...union.map(inner));
  const least = (name: string, otherwise: number): number => Number(schema[name] ?? otherwise);
  switch (schema.type) {
    case "object":
      return objectsOf(schema, inner, depth);
    case "array": {
      const minLength = least("minItems", 0);
      return fc.array(inner(schema.items ?? {}), {
        minLength,
        maxLength: Math.max(minLength, Math.min(least("maxItems", 3), depth > MAX_DEPTH ? 0 : 3)),
      });
    }
    case "string":
      return stringsOf(schema);
    case "integer":
      return fc.maxSafeInteger().map((n) => clamp(n, schema));
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => clamp(n, schema));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue();
  }
}

function clamp(n: number, { minimum, maximum, exclusiveMinimum }: Schema): number {
  const least = typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : Number(minimum ?? -Infinity);
  return Math.min(Math.max(n, least), Number(maximum ?? Infinity));
}

function stringsOf({ pattern, minLength, maxLength }: Schema): Arbitrary<string> {
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern));
  const size = { minLength: Number(minLength ?? 0), maxLength: Math.min(Number(maxLength ?? 40), 40) };
  return fc.oneof(fc.string(size), fc.string({ ...size, unit: "binary" }));
}

function objectsOf(
  schema: Schema,
  inner: (part: unknown) => Arbitrary<unknown>,
  depth: number,
): Arbitrary<unknown> {
  const required = (schema.required ?? []) as string[];
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const most = Number(schema.maxProperties ?? Infinity);
  const least = Number(schema.minProperties ?? 0);
  const shown = properties.filter(([name]) => depth <= MAX_DEPTH || required.includes(name));
  const members = Object.fromEntries(shown.map(([name, property]) => [name, inner(property)]));
  const made = fc.record(members, { requiredKeys: required });
  const optional = shown.map(([name]) => name).filter((name) => !required.includes(name));
  if (least > required.length && optional.length > 0) {
    // One object with one of these keys, as a selection is.
    return fc
      .constantFrom(...optional)
      .chain((name) => fc.record(Object.fromEntries([...required, name].map((key) => [key, members[key]!]))));
  }
  return made.filter((value) => Object.keys(value).length <= most);
}

/** What a clumsy or hostile client puts in the place of something else. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e308,
  2 ** 53,
  "",
  "\u0000",
  "a\u0000b",
  "\uD800",
  "💩".repeat(40),
  "x".repeat(100_000),
  "'; drop table vehicles; --",
  [],
  {},
  [[[[]]]],
  { constructor: { prototype: { polluted: true } } },
];

/** A value with one of its parts replaced, left out, or joined by one that nobody asked for. */
export function spoiled(value: unknown): Arbitrary<unknown> {
  const places = placesOf(value);
  return fc
    .tuple(
      fc.constantFrom(...places),
      fc.constantFrom("put", "put", "put", "drop", "add"),
      fc.constantFrom(...HOSTILE),
    )
    .map(([place, how, hostile]) => spoil(value, place, how, hostile));
}

type Place = readonly (string | number)[];

function placesOf(value: unknown, place: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([key, part]) => placesOf(part, [...place, key]))];
}

function spoil(value: unknown, [key, ...rest]: Place, how: string, hostile: unknown): unknown {
  if (key === undefined) return how === "add" && isObject(value) ? { ...value, unasked: hostile } : hostile;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  if (rest.length === 0 && how === "drop" && !Array.isArray(value)) delete copy[key];
  else copy[key] = spoil(copy[key], rest, how, hostile);
  return copy;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const DEEP = 20_000;

/** Bodies that are no JSON, or JSON that nobody means. */
export const RAW_BODIES: readonly (string | Buffer)[] = [
  "{",
  "NaN",
  '{"a":NaN}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`,
  `${'{"and":['.repeat(DEEP)}{"all":true}${"]}".repeat(DEEP)}`,
  Buffer.from([0x22, 0xff, 0xfe, 0x22]),
  "\u0000",
];
