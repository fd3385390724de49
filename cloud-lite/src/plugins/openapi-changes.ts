import type { ApiDocument, Schema } from "./openapi-examples.ts";

type Components = Readonly<Record<string, Schema>>;

/** A request may ask for less than before, an answer may say more. */
type Direction = "request" | "answer";

interface Comparison {
  readonly direction: Direction;
  readonly before: Components;
  readonly after: Components;
  /** Pairs of components that are being compared: they may contain themselves. */
  readonly within: readonly string[];
}

/**
 * What a client that was written for `before` would trip over in `after`, in sentences; empty where nothing. New
 * operations, new optional members of requests, new members of answers, and new values of an answer's enumeration
 * break nothing: the API guide tells clients to expect them.
 */
export function breakingChanges(before: ApiDocument, after: ApiDocument): string[] {
  const paths = new Map(
    Object.entries(after.paths).map(([path, operations]) => [nameless(path), operations]),
  );
  const schemas = { before: before.components.schemas, after: after.components.schemas };
  return Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      const now = paths.get(nameless(path))?.[method];
      if (!now) return [`${name} is gone`];
      return operationChanges(operation as Operation, now as Operation, schemas).map(
        (change) => `${name}: ${change}`,
      );
    }),
  );
}

/** The name of a path parameter is no part of a request. */
const nameless = (path: string): string => path.replaceAll(/\{\w+\}/g, "{}");

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content };
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>;
}

function operationChanges(
  before: Operation,
  after: Operation,
  schemas: { before: Components; after: Components },
): string[] {
  const request: Comparison = { direction: "request", ...schemas, within: [] };
  const answer: Comparison = { direction: "answer", ...schemas, within: [] };
  const wanted = !before.requestBody && after.requestBody?.required === true ? ["it needs a body"] : [];
  const answers = Object.entries(before.responses ?? {}).flatMap(([status, { content = {} }]) => {
    const now = after.responses?.[status];
    return now
      ? contentChanges(`answer ${status}`, content, now.content ?? {}, answer)
      : [`it no longer answers ${status}`];
  });
  return [
    ...parameterChanges(before.parameters ?? [], after.parameters ?? [], request),
    ...wanted,
    ...contentChanges("body", before.requestBody?.content ?? {}, after.requestBody?.content ?? {}, request),
    ...answers,
  ];
}

function parameterChanges(
  before: readonly Parameter[],
  after: readonly Parameter[],
  comparison: Comparison,
): string[] {
  // Those of the path are matched by their place in it.
  const keyOf = (all: readonly Parameter[], one: Parameter): string =>
    one.in === "path" ? `path ${all.filter((p) => p.in === "path").indexOf(one)}` : `${one.in} ${one.name}`;
  const present = new Map(after.map((one) => [keyOf(after, one), one]));
  const known = new Set(before.map((one) => keyOf(before, one)));
  return [
    ...before.flatMap((one) => {
      const now = present.get(keyOf(before, one));
      if (!now) return [`${one.in} parameter ${one.name} is gone`];
      const name = `${one.in} parameter ${one.name}`;
      if (now.required === true && one.required !== true) return [`${name} is required`];
      return schemaChanges(name, one.schema ?? {}, now.schema ?? {}, comparison);
    }),
    ...after
      .filter((one) => one.required === true && !known.has(keyOf(after, one)))
      .map((one) => `${one.in} parameter ${one.name} is new and required`),
  ];
}

const contentChanges = (name: string, before: Content, after: Content, comparison: Comparison): string[] =>
  Object.entries(before).flatMap(([mediaType, { schema = {} }]) => {
    const now = after[mediaType];
    return now
      ? schemaChanges(name, schema, now.schema ?? {}, comparison)
      : [`${name} is no longer ${mediaType}`];
  });

const REFERENCE = "#/components/schemas/";

function schemaChanges(place: string, before: Schema, after: Schema, comparison: Comparison): string[] {
  const [from, to] = [referenceOf(before), referenceOf(after)];
  if (from === undefined && to === undefined) return inlineChanges(place, before, after, comparison);
  const pair = `${from ?? place} ${to ?? place}`;
  if (comparison.within.includes(pair)) return [];
  const within = [...comparison.within, pair];
  return schemaChanges(
    place,
    from === undefined ? before : (comparison.before[from] ?? {}),
    to === undefined ? after : (comparison.after[to] ?? {}),
    { ...comparison, within },
  );
}

const referenceOf = ({ $ref }: Schema): string | undefined =>
  typeof $ref === "string" ? $ref.slice(REFERENCE.length) : undefined;

function inlineChanges(place: string, before: Schema, after: Schema, comparison: Comparison): string[] {
  const [values, nowValues] = [valuesOf(before), valuesOf(after)];
  if (values && nowValues) return valueChanges(place, values, nowValues, comparison);
  const [forms, nowForms] = [formsOf(before), formsOf(after)];
  if (forms.length > 1 || nowForms.length > 1) return formChanges(place, forms, nowForms, comparison);
  const types = typeChanges(place, before, after, comparison);
  if (types.length > 0) return types;
  return [
    ...(comparison.direction === "request" ? boundChanges(place, before, after) : []),
    ...memberChanges(place, before, after, comparison),
    ...(isSchema(before.items) && isSchema(after.items)
      ? schemaChanges(`${place}[]`, before.items, after.items, comparison)
      : []),
  ];
}

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;

/** Of an enumeration, written as one or as a union of constants. */
function valuesOf(schema: Schema): unknown[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum;
  if ("const" in schema) return [schema.const];
  const forms = formsOf(schema);
  return forms.length > 1 && forms.every((form) => "const" in form)
    ? forms.map((form) => form.const)
    : undefined;
}

const formsOf = (schema: Schema): readonly Schema[] =>
  (schema.anyOf ?? schema.oneOf ?? [schema]) as readonly Schema[];

function valueChanges(
  place: string,
  before: readonly unknown[],
  after: readonly unknown[],
  { direction }: Comparison,
): string[] {
  if (direction === "answer") return [];
  const gone = before.filter((value) => !after.includes(value));
  return gone.length === 0 ? [] : [`${place} is no longer ${gone.map(String).join(", ")}`];
}

/** Every form that was taken is still taken; no form is answered that was not. */
function formChanges(
  place: string,
  before: readonly Schema[],
  after: readonly Schema[],
  comparison: Comparison,
): string[] {
  const fits = (from: Schema, to: Schema): boolean => schemaChanges(place, from, to, comparison).length === 0;
  const isRequest = comparison.direction === "request";
  const broken = isRequest
    ? before.some((from) => !after.some((to) => fits(from, to)))
    : after.some((to) => !before.some((from) => fits(from, to)));
  if (!broken) return [];
  return [isRequest ? `${place} no longer has one of its forms` : `${place} may have a new form`];
}

function typeChanges(place: string, before: Schema, after: Schema, { direction }: Comparison): string[] {
  const [from, to] = [typesOf(before), typesOf(after)];
  const [narrow, wide] = direction === "request" ? [from, to] : [to, from];
  if (wide.length === 0 || (narrow.length > 0 && narrow.every((type) => covers(wide, type)))) return [];
  return [`${place} was ${from.join(" or ") || "anything"} and is ${to.join(" or ") || "anything"}`];
}

/** Empty: any. */
const typesOf = ({ type }: Schema): string[] => (type === undefined ? [] : [type].flat().map(String));

const covers = (types: readonly string[], type: string): boolean =>
  types.includes(type) || (type === "integer" && types.includes("number"));

const LEAST = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] as const;
const MOST = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] as const;

function boundChanges(place: string, before: Schema, after: Schema): string[] {
  const raised = LEAST.filter(
    (bound) => Number(after[bound] ?? -Infinity) > Number(before[bound] ?? -Infinity),
  );
  const lowered = MOST.filter(
    (bound) => Number(after[bound] ?? Infinity) < Number(before[bound] ?? Infinity),
  );
  const strict = ["pattern", "format", "uniqueItems"].filter(
    (rule) => after[rule] !== undefined && after[rule] !== false && after[rule] !== before[rule],
  );
  return [...raised, ...lowered, ...strict].map((rule) => `${place} has a stricter ${rule}`);
}

function memberChanges(place: string, before: Schema, after: Schema, comparison: Comparison): string[] {
  const [members, nowMembers] = [membersOf(before), membersOf(after)];
  const [required, nowRequired] = [requiredOf(before), requiredOf(after)];
  const isRequest = comparison.direction === "request";
  const closed = after.additionalProperties === false;
  const changed = Object.entries(members).flatMap(([name, member]) => {
    const now = nowMembers[name];
    if (now) return schemaChanges(`${place}.${name}`, member, now, comparison);
    return isRequest && !closed ? [] : [`${place}.${name} is gone`];
  });
  const demanded = nowRequired.filter((name) => isRequest && !required.includes(name));
  const dropped = required.filter((name) => !isRequest && nowMembers[name] && !nowRequired.includes(name));
  const isClosed = isRequest && closed && before.additionalProperties !== false && before.type === "object";
  return [
    ...changed,
    ...demanded.map((name) => `${place}.${name} is required`),
    ...dropped.map((name) => `${place}.${name} may be missing`),
    ...(isClosed ? [`${place} no longer takes other members`] : []),
  ];
}

const membersOf = ({ properties }: Schema): Readonly<Record<string, Schema>> =>
  (properties ?? {}) as Readonly<Record<string, Schema>>;

const requiredOf = ({ required }: Schema): readonly string[] => (required ?? []) as readonly string[];
