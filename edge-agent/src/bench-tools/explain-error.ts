import { CanError } from "@halfshaft/vehicle-net/can";
import { ProfileError } from "@halfshaft/vehicle-net/ecu";
import { IsoTpError, IsoTpOptionError } from "@halfshaft/vehicle-net/isotp";
import {
  UdsFormatError,
  UdsProtocolError,
  UdsRefused,
  UdsTimeout,
  UdsTransportError,
} from "@halfshaft/vehicle-net/uds";
import { causeOf } from "../causes.ts";
import { InstallerError } from "../installer/installer-error.ts";
import { failureOf } from "../update/failure.ts";
import { BenchToolError, failureError } from "./bench-tool-error.ts";

/** The error of a conversation with an ECU as a person reads it; one that is nobody's fault here stays. */
export function explainError(error: unknown, target: { name: string; busUrl: string }): unknown {
  const { name, busUrl } = target;
  const words = (code: BenchToolError["code"], sentence: string, help: string): BenchToolError =>
    new BenchToolError(code, `${name}: ${sentence}.`, help, { cause: error });
  // What the bus says is nearer to the cause than what the layers above made of it.
  const busError = causeOf(error, CanError);
  if (busError !== undefined) return busError;
  if (error instanceof InstallerError) {
    return failureError(failureOf(error, { stage: "flash", busUrl, ecu: { ecuId: name, name } }), error);
  }
  if (error instanceof ProfileError) return profileInvalid(error);
  if (error instanceof UdsRefused) {
    return words("ECU_REFUSED", error.message, "See what the code asks for: a session, unlocking, a state.");
  }
  if (error instanceof UdsTimeout) {
    const help = `Is it powered, and are these its identifiers? Try \`agent scan --bus ${busUrl}\`.`;
    return words("ECU_NO_ANSWER", error.message, help);
  }
  if (error instanceof UdsTransportError) {
    const help = causeOf(error, IsoTpError)?.help ?? "Try `agent doctor` with this bus.";
    return words("ECU_NO_ANSWER", error.message, help);
  }
  if (error instanceof UdsProtocolError || error instanceof UdsFormatError) {
    return words("ECU_ANSWER_MALFORMED", error.message, "Look at the bus with `agent monitor`.");
  }
  if (error instanceof IsoTpOptionError) {
    return words("ISOTP_OPTION_INVALID", error.message, "Correct the identifiers or the frame length.");
  }
  return error;
}

/** @returns the error of flashing under the code that HMI, console and log give it. */
export function explainInstallerError(
  error: unknown,
  target: { name: string; busUrl: string },
  stage: "flash" | "activate" | "confirm",
): unknown {
  const isKnown = error instanceof InstallerError || causeOf(error, CanError) !== undefined;
  if (!isKnown) return explainError(error, target);
  const { name, busUrl } = target;
  return failureError(failureOf(error, { stage, busUrl, ecu: { ecuId: name, name } }), error);
}

export const profileInvalid = (error: ProfileError): BenchToolError =>
  new BenchToolError(
    "PROFILE_INVALID",
    `${error.message}.`,
    "How profiles are written: docs/ecu-profiles.md. Profiles that come with the agent: engine, adas, body.",
    { cause: error },
  );
