import { Refusal } from "./refusals.ts";

/** Where a setting was found: the option or the environment variable, and its text. */
export interface Given {
  readonly name: string;
  readonly text: string;
}

/** One thing that can be set: what it is for, its value when nobody sets it, and how a text becomes a value. */
export interface Setting<T> {
  readonly what: string;
  readonly fallback: T;
  /** @throws {Refusal} CLOUD_CONFIG_INVALID */
  readonly read: (given: Given) => T;
}

/** A whole number within bounds, both allowed. */
export const integer = (what: string, fallback: number, min: number, max: number): Setting<number> => ({
  what,
  fallback,
  read(given) {
    const value = /^\d{1,15}$/.test(given.text) ? Number(given.text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw invalid(given, `it must be a number from ${min} to ${max}`);
  },
});

/** Any text but an empty one. */
export const text = (what: string, fallback: string): Setting<string> => ({
  what,
  fallback,
  read(given) {
    if (given.text === "") throw invalid(given, "it must not be empty");
    return given.text;
  },
});

/** A text that may stay empty, which means: not used. `shape` says what it must begin with or be. */
export const optionalText = (
  what: string,
  shape: { readonly pattern: RegExp; readonly reason: string } = { pattern: /./s, reason: "" },
): Setting<string> => ({
  what,
  fallback: "",
  read(given) {
    if (given.text !== "" && !shape.pattern.test(given.text)) throw invalid(given, shape.reason);
    return given.text;
  },
});

/** One of a few words. */
export const choice = <const T extends string>(
  choices: readonly T[],
  fallback: NoInfer<T>,
  what: string = choices.join(" | "),
): Setting<T> => ({
  what,
  fallback,
  read(given) {
    const chosen = choices.find((word) => word === given.text);
    if (chosen === undefined) throw invalid(given, `it must be one of ${choices.join(", ")}`);
    return chosen;
  },
});

const invalid = (given: Given, reason: string): Refusal =>
  new Refusal("CLOUD_CONFIG_INVALID", { setting: given.name, value: `"${given.text}"`, reason });
