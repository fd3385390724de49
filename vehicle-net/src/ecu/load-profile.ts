import type { TLocalizedValidationError } from "typebox/error";
import { Value } from "typebox/value";
import { EcuProfile, type RoutineName } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";
import { seedKeyAlgorithm } from "./seed-key.ts";

/**
 * Checks that `value` (parsed JSON or a literal) is a profile that works.
 * @throws {ProfileError} `bad-field` where it does not fit the schema, `contradiction` where fields do not fit
 *   each other, `unknown-algorithm` where its security algorithm is not in the table
 */
export function loadProfile(value: unknown): EcuProfile {
  if (!Value.Check(EcuProfile, value)) throw badField(value);
  checkAddressing(value);
  checkMemory(value);
  checkNumbers(["dids", "otherDids"], value);
  checkNumbers(["routines", "otherRoutines"], value);
  checkSequence(value);
  checkSteps(value);
  checkDelta(value);
  if (value.security.level % 2 === 0) {
    throw contradiction(
      "security.level",
      `${value.security.level} is even; a level is the odd one of its pair`,
    );
  }
  seedKeyAlgorithm(value.security.algorithm);
  return value;
}

const contradiction = (field: string, message: string): ProfileError =>
  new ProfileError("contradiction", field, message);

const hex = (value: number): string => `0x${value.toString(16).toUpperCase()}`;

function badField(value: unknown): ProfileError {
  const error = Value.Errors(EcuProfile, value)[0];
  if (error === undefined) return new ProfileError("bad-field", "", "it is none");
  const path = error.instancePath
    .slice(1)
    .replaceAll(/\/(\d+)/g, "[$1]")
    .replaceAll("/", ".");
  return new ProfileError("bad-field", path, reason(error));
}

/** The validator's message, in words where its own are about schemas. */
function reason(error: TLocalizedValidationError): string {
  if (error.keyword === "boolean") return "a profile has no such field";
  if (error.keyword === "enum") return `must be one of ${error.params.allowedValues.join(", ")}`;
  return error.message;
}

function checkAddressing({ addressing }: EcuProfile): void {
  const { requestId, responseId, functionalId, extended } = addressing;
  if (new Set([requestId, responseId, functionalId]).size < 3) {
    throw contradiction("addressing", "request, response and functional identifiers must differ");
  }
  if (extended) return;
  for (const [name, id] of Object.entries({ requestId, responseId, functionalId })) {
    if (id > 0x7ff) {
      throw contradiction(`addressing.${name}`, `${hex(id)} needs 29 bits, but extended is false`);
    }
  }
}

/** What is flashed must be erasable by whole sectors, and no address may mean two things. */
function checkMemory({ memory, flash }: EcuProfile): void {
  for (const [i, region] of memory.entries()) {
    const end = region.address + region.length;
    if (end > 0x1_0000_0000) {
      throw contradiction(`memory[${i}]`, `${region.name} ends beyond the 32-bit address space`);
    }
    if (region.flashed && region.length % flash.sectorBytes !== 0) {
      throw contradiction(
        `memory[${i}].length`,
        `${region.length} is not a multiple of the sector (${flash.sectorBytes})`,
      );
    }
    const other = memory.find(
      (o) => o !== region && o.address < end && region.address < o.address + o.length,
    );
    if (other !== undefined) {
      throw contradiction(`memory[${i}]`, `${region.name} overlaps ${other.name}`);
    }
  }
  if (!memory.some((region) => region.flashed)) {
    throw contradiction("memory", "no region is flashed, so nothing could be updated");
  }
  if (flash.sectorBytes % flash.pageBytes !== 0) {
    throw contradiction(
      "flash.pageBytes",
      `${flash.pageBytes} does not divide the sector (${flash.sectorBytes})`,
    );
  }
}

/** A number means one thing only, in what is known by name and in what the profile adds. */
function checkNumbers(
  fields: readonly ("dids" | "otherDids" | "routines" | "otherRoutines")[],
  profile: EcuProfile,
): void {
  const names = new Map<number, string>();
  for (const field of fields) {
    for (const [name, number] of Object.entries<number>(profile[field] ?? {})) {
      const other = names.get(number);
      if (other !== undefined) {
        throw contradiction(`${field}.${name}`, `${hex(number)} is already the number of ${other}`);
      }
      names.set(number, name);
    }
  }
}

const sequences = ["programmingSequence", "activationSequence", "commitSequence", "revertSequence"] as const;
const routineNames: readonly RoutineName[] = [
  "checkPreconditions",
  "eraseMemory",
  "checkMemory",
  "checkDependencies",
  "activate",
  "commit",
  "revert",
];

/** A step that the ECU has no number for could only fail, and in the middle of a flash. */
function checkSteps(profile: EcuProfile): void {
  for (const sequence of sequences) {
    for (const [i, step] of profile[sequence].entries()) {
      const routine = routineNames.find((name) => name === step);
      if (routine !== undefined && profile.routines[routine] === undefined) {
        throw contradiction(`${sequence}[${i}]`, `${step} needs routines.${routine}, which is not given`);
      }
      if (step === "authenticate" && profile.authentication === undefined) {
        throw contradiction(`${sequence}[${i}]`, `${step} needs authentication, which is not given`);
      }
      if (step === "writeFingerprint" && profile.dids.fingerprint === undefined) {
        throw contradiction(`${sequence}[${i}]`, `${step} needs dids.fingerprint, which is not given`);
      }
    }
  }
}

/** A patch that meets another base would be found out only when the bank is written. */
function checkDelta({ transfer, routines }: EcuProfile): void {
  if (transfer.dataFormats.detools !== undefined && routines.checkBase === undefined) {
    throw contradiction("transfer.dataFormats.detools", "it needs routines.checkBase, which is not given");
  }
}

/** Steps may be reordered, repeated or dropped, but nothing is checked before it was written. */
function checkSequence({ programmingSequence: steps }: EcuProfile): void {
  const download = steps.indexOf("download");
  if (download === -1) throw contradiction("programmingSequence", "it has no download");
  const check = steps.indexOf("checkMemory");
  if (check !== -1 && check < download) {
    throw contradiction(
      "programmingSequence",
      "checkMemory must come after download: it checks what was written",
    );
  }
}
