import { parse } from "semver";
import { Refusal } from "../refusals.ts";

/** Digits of the largest number that semver takes (2^53 - 1). */
const DIGITS = 16;

/**
 * A text that sorts, byte by byte, as the versions do (semver.org, 11). Parts are padded; `!` and `~` lie below and
 * above every character of an identifier, so that a pre-release comes before its release. Build metadata has no
 * precedence and is left out.
 * @throws {Refusal} VERSION_INVALID
 */
export function versionKey(version: string): string {
  const parsed = parse(version);
  if (!parsed) throw new Refusal("VERSION_INVALID", { version });
  const core = [parsed.major, parsed.minor, parsed.patch].map(padded).join(".");
  if (parsed.prerelease.length === 0) return `${core}~`;
  return (
    core + parsed.prerelease.map((id) => (typeof id === "number" ? `!0${padded(id)}` : `!1${id}`)).join("")
  );
}

/** The key of a version as a vehicle reported it; null for none, or for a text that is no semantic version. */
export const reportedVersionKey = (version: string | null | undefined): string | null =>
  typeof version === "string" && parse(version) ? versionKey(version) : null;

const padded = (value: number): string => String(value).padStart(DIGITS, "0");
