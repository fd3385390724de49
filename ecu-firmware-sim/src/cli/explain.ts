import { CanError } from "@halfshaft/vehicle-net/can";
import { ProfileError } from "@halfshaft/vehicle-net/ecu";
import { ProvisionError, type ProvisionErrorCode } from "../provision.ts";
import { StorageError, type StorageErrorCode } from "../storage.ts";
import { CliError } from "./cli-error.ts";

const help: Readonly<Record<ProvisionErrorCode | StorageErrorCode, string>> = {
  "already-provisioned": "Give another --state folder, or --force to overwrite this ECU.",
  "bad-serial": "Give a serial number like ENG-000001.",
  "bad-public-key": "Give the file with the public key that signs the descriptors.",
  "bad-image": "Give image, descriptor and public key of the same release, and the profile of its hardware.",
  "not-provisioned":
    "Make the ECU first: ecu provision --state DIR …, or give the folder of one that was made.",
  "wrong-profile": "Leave --profile out: the ECU knows its own.",
  damaged: "This ECU cannot start; make it anew with ecu provision --force.",
  unreadable: "Check the folder's permissions.",
  unwritable: "Check the folder's permissions and the free space.",
};

/** `CODE: sentence`, and on the next line what to do. Never a stack trace. */
export function explain(error: unknown): string {
  if (error instanceof CliError) return lines(error.code, error.message, error.help);
  if (error instanceof ProvisionError || error instanceof StorageError) {
    return lines(error.code, error.message, help[error.code]);
  }
  if (error instanceof ProfileError) {
    return lines(error.code, error.message, "Choose a profile that ecu --help names.");
  }
  if (error instanceof CanError) {
    return lines(error.code, error.message, error.help ?? "Check the bus and its URL.");
  }
  const reason = error instanceof Error ? error.message : String(error);
  return lines(
    "internal",
    reason,
    "This is a fault of the program; report it with the command that you gave.",
  );
}

const usageCodes: ReadonlySet<string> = new Set(["bad-option", "unknown-verb"]);

/** 2 for a wrong option, 1 for everything else. */
export const exitStatus = (error: unknown): number =>
  error instanceof CliError && usageCodes.has(error.code) ? 2 : 1;

function lines(code: string, sentence: string, help: string): string {
  const name = code.toUpperCase().replaceAll("-", "_");
  return `${name}: ${sentence.replace(/\.?$/, ".")}\n${help}`;
}
