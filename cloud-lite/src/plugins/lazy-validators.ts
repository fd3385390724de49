import AjvCompiler from "@fastify/ajv-compiler";
import type { FastifyValidationResult } from "fastify/types/schema.js";
import type { App } from "../cloud.ts";
import type { ValidationFault } from "./validation-sentence.ts";

// What a client sends is taken as it is or refused: nothing is dropped, filled in or converted.
// Verbose: a refusal shows the value that came.
const OPTIONS = {
  customOptions: { removeAdditional: false, useDefaults: false, coerceTypes: false, verbose: true },
} as const;

/** Checks what comes by another way than HTTP as a body of that schema is checked, and as lazily. */
export function bodyFaults(schema: object): (body: unknown) => readonly ValidationFault[] {
  let validate: FastifyValidationResult | undefined;
  return (body) => {
    validate ??= AjvCompiler()({}, OPTIONS)({ schema, method: "", url: "" }) as FastifyValidationResult;
    return validate(body) === true ? [] : (validate.errors ?? []);
  };
}

/**
 * Checks what clients send against the schemas of routes, which it compiles when the first request comes: to compile
 * all of them is two fifths of a cloud's start, and most are not asked for on most days.
 * To be added after the shared schemas and before the routes.
 */
export function addLazyValidators(app: App): void {
  const compile = AjvCompiler()(app.getSchemas() as Record<string, object>, OPTIONS);
  app.setValidatorCompiler((route) => {
    let validate: FastifyValidationResult | undefined;
    const lazy: FastifyValidationResult = (data) => {
      validate ??= compile(route) as FastifyValidationResult;
      const verdict = validate(data);
      lazy.errors = validate.errors;
      return verdict;
    };
    return lazy;
  });
}
