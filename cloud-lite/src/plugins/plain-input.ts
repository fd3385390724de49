import { type App, DEVICE_PATH } from "../cloud.ts";
import { Refusal } from "../refusals.ts";

/** Of JSON in a body; the deepest that a route means, a selection within a selection, stays far below. */
const MAX_LEVELS = 64;

/** A part of JSON that is not kept as it came by every database. */
export interface UnfitPart {
  readonly path: readonly string[];
  /** `a lone surrogate`, as the object of "it has". */
  readonly what: string;
}

/**
 * The first text or name that not every database, log and terminal keeps as it is.
 * @throws {Refusal} JSON_TOO_DEEP
 */
export function unfitPart(value: unknown, path: readonly string[] = []): UnfitPart | undefined {
  if (path.length > MAX_LEVELS) throw new Refusal("JSON_TOO_DEEP", { limit: MAX_LEVELS });
  if (typeof value === "string") {
    const what = unfitText(value);
    return what === undefined ? undefined : { path, what };
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const what = unfitText(key);
    const found = what === undefined ? unfitPart(part, [...path, key]) : { path, what };
    if (found) return found;
  }
  return undefined;
}

function unfitText(text: string): string | undefined {
  if (text.includes("\u0000")) return "the character U+0000";
  return text.isWellFormed() ? undefined : "half of a character (a lone UTF-16 surrogate)";
}

/**
 * Refuses, before schemas are asked, what no schema says: JSON nested so deep that walking it would end the process'
 * stack, and texts that not every database keeps as they are. What vehicles say is kept as it came.
 */
export function addPlainInput(app: App): void {
  app.addHook("preValidation", ({ method, url, body, query, params }, _reply, proceed) => {
    const isOfVehicle = url.startsWith(DEVICE_PATH);
    // An update check says nothing, and a whole fleet asks.
    if (isOfVehicle && method === "GET") return proceed();
    try {
      const unfit = unfitPart({ body: isJson(body) ? body : undefined, query, path: params });
      if (unfit !== undefined && !isOfVehicle) {
        throw new Refusal("TEXT_UNFIT", { where: unfit.path.join("."), what: unfit.what });
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
