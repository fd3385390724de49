/** A JSON Schema as it stands in an OpenAPI 3.1 document. */
export type Schema = Readonly<Record<string, unknown>>;
type Components = Readonly<Record<string, Schema>>;

const COMPONENT = "#/components/schemas/";

/**
 * Makes a value that a schema allows, from the examples of its smallest parts; optional members are included.
 * @returns undefined where a part has a pattern and no example: nobody can guess what it looks like
 */
export function exampleOf(schema: Schema, components: Components): unknown {
  return example(schema, { components, within: [] });
}

interface Context {
  readonly components: Components;
  /** Names of the components that are being made: one may contain itself. */
  readonly within: readonly string[];
}

function example(schema: Schema, context: Context): unknown {
  if (typeof schema.$ref === "string") return referred(schema.$ref.slice(COMPONENT.length), context);
  if (Array.isArray(schema.examples)) return (schema.examples as unknown[])[0];
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return (schema.enum as unknown[])[0];
  const union = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(union)) {
    return (union as Schema[]).map((form) => example(form, context)).find((made) => made !== undefined);
  }
  const make = MAKERS[String(schema.type)];
  return make ? make(schema, context) : {};
}

function referred(name: string, { components, within }: Context): unknown {
  const schema = components[name];
  if (!schema || within.includes(name)) return undefined;
  return example(schema, { components, within: [...within, name] });
}

/** Of schemas without an example, by type. */
const MAKERS: Readonly<Record<string, (schema: Schema, context: Context) => unknown>> = {
  object: objectExample,
  array: (schema, context) => {
    const { minItems, items } = schema;
    const entry = example((items ?? {}) as Schema, context);
    if (entry === undefined) return minItems === undefined || minItems === 0 ? [] : undefined;
    return Array.from({ length: Math.max(1, Number(minItems ?? 1)) }, () => entry);
  },
  string: ({ pattern, format, minLength }) =>
    pattern === undefined && format === undefined ? "text".padEnd(Number(minLength ?? 0), ".") : undefined,
  integer: numberExample,
  number: numberExample,
  boolean: () => true,
  null: () => null,
};

function numberExample({ minimum, exclusiveMinimum }: Schema): number {
  if (typeof exclusiveMinimum === "number") return exclusiveMinimum + 1;
  return typeof minimum === "number" ? minimum : 1;
}

function objectExample(schema: Schema, context: Context): unknown {
  const required = (schema.required ?? []) as readonly string[];
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const most = typeof schema.maxProperties === "number" ? schema.maxProperties : Infinity;
  const made: Record<string, unknown> = {};
  const inOrder = properties.toSorted(
    ([a], [b]) => Number(required.includes(b)) - Number(required.includes(a)),
  );
  for (const [name, property] of inOrder) {
    if (Object.keys(made).length >= most) break;
    const value = example(property, context);
    if (value !== undefined) made[name] = value;
    else if (required.includes(name)) return undefined;
  }
  return Object.fromEntries(
    properties.map(([name]) => [name, made[name]]).filter(([, value]) => value !== undefined),
  );
}

interface Media {
  schema?: Schema;
  example?: unknown;
}

interface Operation {
  requestBody?: { content?: Record<string, Media> };
  responses?: Record<string, { content?: Record<string, Media> }>;
}

export interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Components };
}

/** Where JSON is sent or answered with success, in the order of the document. */
export function* jsonMedia(
  document: ApiDocument,
): Generator<{ where: string; media: Media & { schema: Schema } }> {
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { requestBody, responses = {} }] of Object.entries(operations)) {
      const places: [string, Record<string, Media> | undefined][] = [
        ["request", requestBody?.content],
        ...Object.entries(responses)
          .filter(([status]) => status.startsWith("2"))
          .map(([status, { content }]): [string, Record<string, Media> | undefined] => [status, content]),
      ];
      for (const [what, content] of places) {
        const media = content?.["application/json"];
        if (media?.schema)
          yield { where: `${method} ${path} ${what}`, media: { ...media, schema: media.schema } };
      }
    }
  }
}

/** Gives each JSON request and answer of a document an example, where one can be made. */
export function withExamples(document: ApiDocument): ApiDocument {
  const copy = structuredClone(document);
  for (const operations of Object.values(copy.paths)) {
    for (const { requestBody, responses = {} } of Object.values(operations)) {
      const bodies = [requestBody, ...Object.values(responses)];
      for (const media of bodies.map((body) => body?.content?.["application/json"])) {
        if (!media?.schema) continue;
        const made = exampleOf(media.schema, copy.components.schemas);
        if (made !== undefined) media.example = made;
      }
    }
  }
  return copy;
}
