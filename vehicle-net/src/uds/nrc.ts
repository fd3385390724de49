/** Negative response codes (ISO 14229-1:2020, annex A.1). */
export const Nrc = {
  generalReject: 0x10,
  serviceNotSupported: 0x11,
  subFunctionNotSupported: 0x12,
  incorrectMessageLengthOrInvalidFormat: 0x13,
  responseTooLong: 0x14,
  busyRepeatRequest: 0x21,
  conditionsNotCorrect: 0x22,
  requestSequenceError: 0x24,
  noResponseFromSubnetComponent: 0x25,
  failurePreventsExecutionOfRequestedAction: 0x26,
  requestOutOfRange: 0x31,
  securityAccessDenied: 0x33,
  authenticationRequired: 0x34,
  invalidKey: 0x35,
  exceedNumberOfAttempts: 0x36,
  requiredTimeDelayNotExpired: 0x37,
  uploadDownloadNotAccepted: 0x70,
  transferDataSuspended: 0x71,
  generalProgrammingFailure: 0x72,
  wrongBlockSequenceCounter: 0x73,
  responsePending: 0x78,
  subFunctionNotSupportedInActiveSession: 0x7e,
  serviceNotSupportedInActiveSession: 0x7f,
  voltageTooHigh: 0x92,
  voltageTooLow: 0x93,
} as const;
export type NrcName = keyof typeof Nrc;

const sentences: Record<NrcName, string> = {
  generalReject: "the ECU refuses without giving a reason",
  serviceNotSupported: "the ECU does not know this service",
  subFunctionNotSupported: "the ECU does not know this sub-function",
  incorrectMessageLengthOrInvalidFormat: "the request is too long, too short or malformed",
  responseTooLong: "the answer would not fit the transport",
  busyRepeatRequest: "the ECU is busy; repeat the request",
  conditionsNotCorrect: "the ECU's conditions for this are not met",
  requestSequenceError: "this request does not follow the one before it",
  noResponseFromSubnetComponent: "a component behind the ECU does not answer",
  failurePreventsExecutionOfRequestedAction: "a fault in the ECU prevents this",
  requestOutOfRange: "an identifier, address or value of the request is out of range",
  securityAccessDenied: "the ECU is locked; unlock it first",
  authenticationRequired: "the ECU demands authentication first",
  invalidKey: "the key does not fit the seed",
  exceedNumberOfAttempts: "too many wrong keys; the ECU now waits before it gives another seed",
  requiredTimeDelayNotExpired: "the ECU still waits after too many wrong keys",
  uploadDownloadNotAccepted: "the ECU does not accept a transfer now",
  transferDataSuspended: "the ECU stopped the transfer; more data came than was announced",
  generalProgrammingFailure: "the ECU failed to erase or program its memory",
  wrongBlockSequenceCounter: "the block counter is not the one that was due",
  responsePending: "the ECU is still working on it",
  subFunctionNotSupportedInActiveSession: "the ECU knows this sub-function, but not in this session",
  serviceNotSupportedInActiveSession: "the ECU knows this service, but not in this session",
  voltageTooHigh: "the supply voltage is too high",
  voltageTooLow: "the supply voltage is too low",
};

const names = new Map<number, NrcName>(Object.entries(Nrc).map(([name, code]) => [code, name as NrcName]));

/** The standard's name of a code, where it has one. */
export const nrcName = (code: number): NrcName | undefined => names.get(code);

/** `requestOutOfRange (31): an identifier, …`, or the bare code where the standard has no name for it. */
export function describeNrc(code: number): string {
  const hex = code.toString(16).toUpperCase().padStart(2, "0");
  const name = names.get(code);
  return name === undefined ? `negative response code ${hex}` : `${name} (${hex}): ${sentences[name]}`;
}

/** Codes that any service may answer (ISO 14229-1:2020, 8.7 and annex A.1). */
export const generalNrcs: ReadonlySet<number> = new Set([
  Nrc.generalReject,
  Nrc.serviceNotSupported,
  Nrc.incorrectMessageLengthOrInvalidFormat,
  Nrc.responseTooLong,
  Nrc.busyRepeatRequest,
  Nrc.noResponseFromSubnetComponent,
  Nrc.failurePreventsExecutionOfRequestedAction,
  Nrc.securityAccessDenied,
  Nrc.authenticationRequired,
  Nrc.responsePending,
  Nrc.serviceNotSupportedInActiveSession,
  Nrc.voltageTooHigh,
  Nrc.voltageTooLow,
]);

/** To a functional request an ECU that would answer one of these stays silent (ISO 14229-1:2020, 8.7.5). */
export const silentWhenFunctional: ReadonlySet<number> = new Set([
  Nrc.serviceNotSupported,
  Nrc.subFunctionNotSupported,
  Nrc.requestOutOfRange,
  Nrc.subFunctionNotSupportedInActiveSession,
  Nrc.serviceNotSupportedInActiveSession,
]);
