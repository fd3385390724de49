import { type App, DEVICE_PATH } from "../cloud.ts";
import { Refusal } from "../refusals.ts";
import { unfitText } from "./unfit-text.ts";
import { validationSentence } from "./validation-sentence.ts";

/** Of JSON in a body; the deepest that a route means, a selection within a selection, stays far below. */
const MAX_LEVELS = 64;
const MOST = Number.MAX_SAFE_INTEGER;

/** A part of JSON that is not kept as it came by every database. */
export interface UnfitPart {
  readonly path: readonly string[];
  /** Of a text or a name: `a lone surrogate`, as the object of "it has". Of a number: the number. */
  readonly what: string | number;
}

/**
 * The first text, name or number that not every database, log and terminal keeps as it is.
 * @throws {Refusal} JSON_TOO_DEEP
 */
export function unfitPart(value: unknown, path: readonly string[] = []): UnfitPart | undefined {
  if (path.length > MAX_LEVELS) throw new Refusal("JSON_TOO_DEEP", { limit: MAX_LEVELS });
  if (typeof value === "string") {
    const what = unfitText(value);
    return what === undefined ? undefined : { path, what };
  }
  if (typeof value === "number") return isKept(value) ? undefined : { path, what: value };
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const what = unfitText(key);
    const found = what === undefined ? unfitPart(part, [...path, key]) : { path, what };
    if (found) return found;
  }
  return undefined;
}

/** Beyond are whole numbers that JSON does not tell from their neighbours (RFC 8259, 6), or an infinity. */
const isKept = (value: number): boolean => Math.abs(value) <= MOST;

function refusalOf({ path, what }: UnfitPart): Refusal {
  if (typeof what === "string") return new Refusal("TEXT_UNFIT", { where: path.join("."), what });
  const [part, ...within] = path;
  const instancePath = within.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  const bound = what > 0 ? { keyword: "maximum", limit: MOST } : { keyword: "minimum", limit: -MOST };
  const fault = { instancePath, keyword: bound.keyword, params: { limit: bound.limit }, data: what };
  return new Refusal("REQUEST_INVALID", { reason: validationSentence(part!, [fault]) });
}

/**
 * Refuses, before schemas are asked, what no schema says: JSON nested so deep that walking it would end the process'
 * stack, and texts and numbers that not every database keeps as they are. What vehicles say is kept as it came: the
 * schemas bound their numbers.
 */
export function addPlainInput(app: App): void {
  app.addHook("preValidation", ({ method, url, body, query, params }, _reply, proceed) => {
    const isOfVehicle = url.startsWith(DEVICE_PATH);
    // An update check says nothing, and a whole fleet asks.
    if (isOfVehicle && method === "GET") return proceed();
    try {
      const unfit = unfitPart({ body: isJson(body) ? body : undefined, query, path: params });
      if (unfit !== undefined && !isOfVehicle) {
        throw refusalOf(unfit);
      }
      proceed();
    } catch (refusal) {
      proceed(refusal as Error);
    }
  });
}

/** Files come as bytes or as a stream. */
const isJson = (body: unknown): boolean =>
  typeof body === "string" ||
  Array.isArray(body) ||
  (typeof body === "object" && body !== null && Object.getPrototypeOf(body) === Object.prototype);
