import type { Stage } from "./steps.ts";

/** One row of the table of failure codes: the same code on the HMI, the console, in logs and on the command line. */
export interface FailureCode {
  /** The step or wait in which it happens. */
  readonly step: Stage;
  /** What happened; `{name}` stands for an operand of the failure. */
  readonly sentence: string;
  /** What a person can do about it. */
  readonly help: string;
  /** Whether the same job may be tried again without anything being changed. */
  readonly retryable: boolean;
}

const table = {
  OFFER_UNREACHABLE: {
    step: "offer",
    sentence: "The cloud at {url} did not answer: {reason}.",
    help: "Check the vehicle's connection. The agent asks again by itself.",
    retryable: true,
  },
  OFFER_UNAUTHORISED: {
    step: "offer",
    sentence: "The cloud refused this vehicle's device token.",
    help: "Issue a new device token for the vehicle and provision the agent with it.",
    retryable: false,
  },
  PLAN_METADATA_EXPIRED: {
    step: "plan",
    sentence: "The {role} metadata of the {repository} repository expired at {expires}.",
    help: "Let the cloud sign new metadata; check the clock of the vehicle.",
    retryable: true,
  },
  PLAN_METADATA_ROLLBACK: {
    step: "plan",
    sentence: "The {repository} repository offered older {role} metadata than this vehicle has already seen.",
    help: "Someone may be replaying old metadata. Compare the repository with its backup before you go on.",
    retryable: false,
  },
  PLAN_METADATA_UNTRUSTED: {
    step: "plan",
    sentence: "The {role} metadata of the {repository} repository is not signed as its root demands.",
    help: "Check the keys of the repository. Nothing was installed.",
    retryable: false,
  },
  PLAN_METADATA_UNREACHABLE: {
    step: "plan",
    sentence: "The {repository} repository could not be read: {reason}.",
    help: "Check the vehicle's connection. The agent tries again by itself.",
    retryable: true,
  },
  PLAN_METADATA_INVALID: {
    step: "plan",
    sentence: "The {role} metadata of the {repository} repository is not usable: {reason}.",
    help: "Publish the metadata anew. Nothing was installed.",
    retryable: false,
  },
  PLAN_TARGETS_DISAGREE: {
    step: "plan",
    sentence: "Director and Image repository disagree on {target}: {field} differs.",
    help: "Treat this as an attack until explained: one of the two repositories was changed alone.",
    retryable: false,
  },
  PLAN_TARGETS_STALE: {
    step: "plan",
    sentence: "The Director's targets are for release {found}, the offer is for release {offered}.",
    help: "The agent asks again; if it stays, sign the Director's targets for this vehicle anew.",
    retryable: true,
  },
  PLAN_ECU_UNKNOWN: {
    step: "plan",
    sentence: "The release names ECU {ecuId}, which this vehicle does not have.",
    help: "Correct the vehicle's as-built record, or exclude the vehicle from the campaign.",
    retryable: false,
  },
  PLAN_ECU_NO_ANSWER: {
    step: "plan",
    sentence: "{name} ({ecuId}) does not answer on the bus.",
    help: "Check its supply and wiring; is the ECU in this vehicle?",
    retryable: true,
  },
  PLAN_HARDWARE_MISMATCH: {
    step: "plan",
    sentence: "{name} ({ecuId}) has hardware {found}, the image is for {expected}.",
    help: "Correct the vehicle's as-built record, or build the image for this hardware.",
    retryable: false,
  },
  PLAN_RELEASE_COUNTER_LOWER: {
    step: "plan",
    sentence: "{name} has burned release counter {found}; the image carries {offered}.",
    help: "This image was outlawed. Publish it again with a counter of at least {found}.",
    retryable: false,
  },
  CONSENT_DECLINED: {
    step: "consent",
    sentence: "The driver declined the update.",
    help: "Offer it again later, or explain why it matters.",
    retryable: true,
  },
  CONSENT_EXPIRED: {
    step: "consent",
    sentence: "Nobody answered before the offer ended at {deadline}.",
    help: "Offer the update again with a longer time.",
    retryable: true,
  },
  CONSENT_WITHDRAWN: {
    step: "consent",
    sentence: "The cloud took the update back before anybody answered.",
    help: "Nothing was installed. What is to be installed in its place is offered by itself.",
    retryable: true,
  },
  DOWNLOAD_INTERRUPTED: {
    step: "download",
    sentence: "{target} stopped at {received} of {length} bytes: {reason}.",
    help: "The agent goes on from where it stopped when the connection is back.",
    retryable: true,
  },
  DOWNLOAD_TOO_LARGE: {
    step: "download",
    sentence: "{target} is longer than the {length} bytes that were signed.",
    help: "The server or a proxy changed the file. Nothing was installed.",
    retryable: false,
  },
  DOWNLOAD_NO_SPACE: {
    step: "download",
    sentence: "The gateway has {free} bytes free and needs {needed}.",
    help: "Free space in the agent's data folder.",
    retryable: true,
  },
  VERIFY_DIGEST_MISMATCH: {
    step: "verify",
    sentence: "{target} does not have the {algorithm} digest that was signed.",
    help: "The file was changed after it was signed. Nothing was installed. Check the artifact store.",
    retryable: false,
  },
  VERIFY_DESCRIPTOR_INVALID: {
    step: "verify",
    sentence: "The descriptor of {target} is not what the release signed: {reason}.",
    help: "Sign the image's descriptor again and publish a new release.",
    retryable: false,
  },
  PATCH_BASE_MISSING: {
    step: "patch",
    sentence: "The base image {baseSha256} of the delta for {name} is not in the gateway.",
    help: "The agent falls back to the full image; if this stays, provision the gateway with the base image.",
    retryable: true,
  },
  PATCH_CORRUPT: {
    step: "patch",
    sentence: "The delta {target} cannot be applied: {reason}.",
    help: "Make the delta again; the full image still works.",
    retryable: false,
  },
  PATCH_RESULT_MISMATCH: {
    step: "patch",
    sentence: "The delta for {name} did not give the signed image.",
    help: "Make the delta again; the full image still works.",
    retryable: false,
  },
  READINESS_TIMEOUT: {
    step: "readiness",
    sentence: "The vehicle was not in a safe state before {deadline}: {missing}.",
    help: "Park the vehicle, switch the ignition off and charge the battery; then try again.",
    retryable: true,
  },
  FLASH_BUS_UNAVAILABLE: {
    step: "flash",
    sentence: "The CAN bus {url} is not usable: {reason}.",
    help: "Check adapter, bit rate and wiring.",
    retryable: true,
  },
  FLASH_NO_ANSWER: {
    step: "flash",
    sentence: "{name} stopped answering during {operation}.",
    help: "Check the ECU's supply and the bus. The old software is untouched and keeps running.",
    retryable: true,
  },
  FLASH_TRANSFER_LOST: {
    step: "flash",
    sentence: "{name}: block {block} was lost {attempts} times.",
    help: "The bus loses frames: check termination, wiring and bit rate. The old software keeps running.",
    retryable: true,
  },
  FLASH_REFUSED: {
    step: "flash",
    sentence: "{name} refused {operation}: {nrc}.",
    help: "Check the ECU's profile and state. The old software keeps running.",
    retryable: true,
  },
  FLASH_SECURITY_DENIED: {
    step: "flash",
    sentence: "{name} did not unlock: {nrc}.",
    help: "Check the security algorithm and key in the ECU's profile; wait for its delay to pass.",
    retryable: false,
  },
  FLASH_IMAGE_REJECTED: {
    step: "flash",
    sentence: "{name} rejected the image after transfer: {reason}.",
    help: "The ECU checks signature, hardware, counter and digest by itself. The old software keeps running.",
    retryable: false,
  },
  FLASH_DELTA_REFUSED: {
    step: "flash",
    sentence: "{name} did not take the delta: {reason}.",
    help: "The agent falls back to the full image. If this stays, set deltaPreference to gateway.",
    retryable: true,
  },
  ACTIVATE_REFUSED: {
    step: "activate",
    sentence: "{name} refused to start the new software on trial: {reason}.",
    help: "All units go back to the old software. Read the ECU's log.",
    retryable: true,
  },
  CONFIRM_BOOT_FAILED: {
    step: "confirm",
    sentence: "{name} did not start version {version} and is back on {found}.",
    help: "All units run the old software again. Look at this image on a bench before you go on.",
    retryable: false,
  },
  CONFIRM_NO_ANSWER: {
    step: "confirm",
    sentence: "{name} does not answer after the start of the new software.",
    help: "The vehicle needs a workshop if the unit stays silent.",
    retryable: false,
  },
  CONFIRM_UNHEALTHY: {
    step: "confirm",
    sentence: "{name} runs version {version} but reports itself unhealthy: {reason}.",
    help: "All units go back to the old software.",
    retryable: false,
  },
  REPORT_UNDELIVERED: {
    step: "report",
    sentence: "The result could not be sent yet: {reason}.",
    help: "It is kept and sent when the connection is back.",
    retryable: true,
  },
  REPORT_MANIFEST_DISAGREES: {
    step: "report",
    sentence: "The vehicle reported success, but {name} runs {found} instead of {version}.",
    help: "Read the vehicle's version manifest; something changed the unit after the update.",
    retryable: true,
  },
  AGENT_INTERNAL: {
    step: "report",
    sentence: "The agent met an error that it has no name for: {reason}.",
    help: "Report this with the log; the old software keeps running.",
    retryable: true,
  },
} as const satisfies Record<string, FailureCode>;

export type FailureName = keyof typeof table;

/** Every failure code with its step, sentence, help and whether it may be retried. */
export const FAILURES: Readonly<Record<FailureName, FailureCode>> = table;

/** Values that a failure's sentence names. */
export type Operands = Readonly<Record<string, string | number>>;

/** A failure as it travels: code and operands; the sentence is made where it is read. */
export interface FailureRecord {
  readonly code: FailureName;
  readonly operands: Operands;
  readonly ecuId?: string;
}

/** Fills the operands into a code's sentence; an operand that is missing stays visible as `{name}`. */
export function failureSentence(code: FailureName, operands: Operands): string {
  return fill(FAILURES[code].sentence, operands);
}

/** The help of a code with its operands filled in. */
export function failureHelp(code: FailureName, operands: Operands): string {
  return fill(FAILURES[code].help, operands);
}

export function isFailureName(code: string): code is FailureName {
  return Object.hasOwn(table, code);
}

function fill(text: string, operands: Operands): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) =>
    Object.hasOwn(operands, name) ? String(operands[name]) : hole,
  );
}
