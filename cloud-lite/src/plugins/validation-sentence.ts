/** What Ajv says of one fault, with `verbose` on: where, which keyword of the schema, and the value itself. */
export interface ValidationFault {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
}

/** Parts of a request as Fastify names them, in the words of a person. */
const PARTS: Readonly<Record<string, string>> = {
  body: "body",
  querystring: "query",
  params: "path",
  headers: "header",
};

/**
 * What is wrong with a request, in one sentence with the value that came: never a regular expression or the path of
 * a schema.
 * @param part of the request: body, querystring, params or headers
 */
export function validationSentence(part: string, faults: readonly ValidationFault[]): string {
  const fault = mostTelling(faults);
  const place = PARTS[part] ?? part;
  if (!fault) return `${place} is not as documented`;
  const where = `${place}${dotted(fault.instancePath)}`;
  const missing = fault.params.missingProperty;
  if (fault.keyword === "required") return `${where}.${text(missing)} is missing`;
  if (fault.keyword === "additionalProperties") return unknownMember(where, fault);
  if (where === "body" && fault.data === null) return `there is no body; ${demand(fault)}`;
  if (SECRET.test(where)) return `${where} is not as asked; ${demand(fault)}`;
  return `${where} is ${shown(fault.data)}; ${demand(fault)}`;
}

/** What is never repeated, not even to whoever sent it: an answer may be logged on its way. */
const SECRET = /(password|secret|token|authorization)$/i;

/**
 * Ajv reports the faults of every form of a union, then that of the union. A fault deeper within is of the form that
 * was meant, for the others failed at once.
 */
function mostTelling(faults: readonly ValidationFault[]): ValidationFault | undefined {
  const union = faults.findLast(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  if (!union) return faults[0];
  const deeper = faults.filter(({ instancePath }) => instancePath.startsWith(`${union.instancePath}/`));
  return mostTelling(deeper) ?? faultWithinType(faults, union) ?? union;
}

/**
 * The fault of the only form that takes values of such a type, where the others failed by the type. Of a constant it
 * would not say enough: the other forms are as near.
 */
function faultWithinType(
  faults: readonly ValidationFault[],
  union: ValidationFault,
): ValidationFault | undefined {
  const [fault, ...more] = faults.filter(
    (one) => one !== union && one.instancePath === union.instancePath && one.keyword !== "type",
  );
  return more.length === 0 && fault?.keyword !== "const" ? fault : undefined;
}

/** `/ecus/0/ecuId` (RFC 6901) as a person writes it: `.ecus[0].ecuId`. */
const dotted = (pointer: string): string =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join("");

const NAMED = 12;

function unknownMember(where: string, { params, parentSchema }: ValidationFault): string {
  const known = Object.keys((parentSchema?.properties as object | undefined) ?? {});
  const list = known.length === 0 ? "" : `; it may have ${named(known)}`;
  return `${where} has "${text(params.additionalProperty)}", which is not known${list}`;
}

const named = (members: readonly string[]): string =>
  `${members.slice(0, NAMED).join(", ")}${members.length > NAMED ? " and more" : ""}`;

const SHOWN = 60;

function shown(value: unknown): string {
  // JSON has no word for what 1e400 is read as.
  const json = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "nothing");
  return json.length > SHOWN ? `${json.slice(0, SHOWN)}…` : json;
}

const limit =
  (words: string) =>
  ({ params }: ValidationFault): string =>
    words.replace("#", text(params.limit));

/** What a keyword of JSON Schema demands, in words. */
const DEMANDS: Readonly<Record<string, (fault: ValidationFault) => string>> = {
  type: ofType,
  enum: ({ params }) => oneOf(params.allowedValues),
  const: ({ params }) => `it must be ${text(params.allowedValue)}`,
  minLength: limit("it must have at least # characters"),
  maxLength: limit("it must have at most # characters"),
  minItems: limit("it must have at least # entries"),
  maxItems: limit("it must have at most # entries"),
  minProperties: limit("it must have at least # members"),
  maxProperties: limit("it must have at most # members"),
  minimum: limit("it must be at least #"),
  maximum: limit("it must be at most #"),
  exclusiveMinimum: limit("it must be more than #"),
  exclusiveMaximum: limit("it must be less than #"),
  uniqueItems: () => "no entry may come twice",
  anyOf: form,
  oneOf: form,
};

function demand(fault: ValidationFault): string {
  const known = Object.hasOwn(DEMANDS, fault.keyword) ? DEMANDS[fault.keyword] : undefined;
  return known ? known(fault) : shape(fault);
}

function ofType({ params, parentSchema = {} }: ValidationFault): string {
  const { required } = parentSchema;
  const members = params.type === "object" && Array.isArray(required) ? (required as string[]) : [];
  const having = members.length === 0 ? "" : ` with ${named(members)}`;
  return `it must be ${withArticle([params.type].flat().map(text).join(" or "))}${having}`;
}

/** In place of a pattern: what such a value looks like, and what it means. */
function shape({ parentSchema = {} }: ValidationFault): string {
  const { examples, description } = parentSchema;
  const [example] = Array.isArray(examples) ? (examples as unknown[]) : [];
  const meaning = typeof description === "string" ? ` (${description})` : "";
  if (example !== undefined) return `it must be like ${shown(example)}${meaning}`;
  return `it must be ${counted(parentSchema.pattern) ?? "as the API's document says"}${meaning}`;
}

/** A pattern that only counts characters of one kind. */
const COUNTED = /^\^(?<kind>.+)\{(?<least>\d+)(,(?<most>\d+))?\}\$$/;
const KINDS: Readonly<Record<string, string>> = {
  "\\d": "digits",
  "[\\x21-\\x7e]": "visible ASCII characters",
};

function counted(pattern: unknown): string | undefined {
  const { kind = "", least, most } = COUNTED.exec(text(pattern))?.groups ?? {};
  if (!Object.hasOwn(KINDS, kind)) return undefined;
  return `${most === undefined ? least : `${least} to ${most}`} ${KINDS[kind]}`;
}

/** The forms of a union: its values, or what each form must have. */
function form({ parentSchema = {}, keyword }: ValidationFault): string {
  const forms = (parentSchema[keyword] ?? []) as readonly Readonly<Record<string, unknown>>[];
  if (forms.every((one) => "const" in one)) return oneOf(forms.map((one) => one.const));
  return `it must be ${forms.map(formText).join(" or ")}`;
}

function formText(one: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(one.required) && one.required.length > 0) return `{${one.required.join(", ")}}`;
  if ("const" in one) return text(one.const);
  return typeof one.type === "string" ? withArticle(one.type) : "another documented form";
}

const oneOf = (values: unknown): string => `it must be one of ${[values].flat().map(text).join(", ")}`;

const withArticle = (type: string): string => `${/^[aeio]/.test(type) ? "an" : "a"} ${type}`;

const text = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
