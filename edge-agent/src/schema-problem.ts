import type { TSchema } from "typebox";
import { Value } from "typebox/value";

/** What does not fit a schema, for a sentence: `hmi.port must be <= 65535`. For a value that does not fit. */
export function schemaProblem(schema: TSchema, value: unknown): string {
  const problem = Value.Errors(schema, value)[0];
  if (problem === undefined) return "it does not fit";
  const field = problem.instancePath.slice(1).replaceAll("/", ".");
  // A field that is not allowed is held against the schema `false`.
  if (problem.keyword === "boolean") return `${field} is not a known field`;
  return `${field === "" ? "it" : field} ${problem.message}`;
}
