/** Negative response codes (ISO 14229-1:2020, annex A.1) with what each means to a person. */
const codes = {
  generalReject: [0x10, "the ECU refuses without giving a reason"],
  serviceNotSupported: [0x11, "the ECU does not know this service"],
  subFunctionNotSupported: [0x12, "the ECU does not know this sub-function"],
  incorrectMessageLengthOrInvalidFormat: [0x13, "the request is too long, too short or malformed"],
  responseTooLong: [0x14, "the answer would not fit the transport"],
  busyRepeatRequest: [0x21, "the ECU is busy; repeat the request"],
  conditionsNotCorrect: [0x22, "the ECU's conditions for this are not met"],
  requestSequenceError: [0x24, "this request does not follow the one before it"],
  noResponseFromSubnetComponent: [0x25, "a component behind the ECU does not answer"],
  failurePreventsExecutionOfRequestedAction: [0x26, "a fault in the ECU prevents this"],
  requestOutOfRange: [0x31, "an identifier, address or value of the request is out of range"],
  securityAccessDenied: [0x33, "the ECU is locked; unlock it first"],
  authenticationRequired: [0x34, "the ECU demands authentication first"],
  invalidKey: [0x35, "the key does not fit the seed"],
  exceedNumberOfAttempts: [0x36, "too many wrong keys; the ECU now waits before it gives another seed"],
  requiredTimeDelayNotExpired: [0x37, "the ECU still waits after too many wrong keys"],
  secureDataTransmissionRequired: [0x38, "the ECU takes this over a secured transmission only"],
  secureDataTransmissionNotAllowed: [0x39, "the ECU does not take this over a secured transmission"],
  secureDataVerificationFailed: [0x3a, "the secured message did not pass the ECU's check"],
  certificateInvalidTimePeriod: [0x50, "the certificate is not valid at this date"],
  certificateInvalidSignature: [0x51, "the signature of the certificate is wrong"],
  certificateInvalidChainOfTrust: [0x52, "the ECU does not trust the certificate's issuer"],
  certificateInvalidType: [0x53, "the certificate is of a type that the ECU does not take here"],
  certificateInvalidFormat: [0x54, "the ECU cannot read the certificate"],
  certificateInvalidContent: [0x55, "the content of the certificate is not what the ECU expects"],
  certificateInvalidScope: [0x56, "the certificate is not for this ECU or this purpose"],
  certificateRevoked: [0x57, "the certificate was revoked"],
  ownershipVerificationFailed: [0x58, "the proof does not fit the certificate or the challenge"],
  challengeCalculationFailed: [0x59, "the ECU could not make a challenge"],
  settingAccessRightsFailed: [0x5a, "the ECU could not set the access rights"],
  sessionKeyCreationFailed: [0x5b, "the ECU could not make a session key"],
  configurationDataUsageFailed: [0x5c, "the ECU could not work with the configuration data"],
  deAuthenticationFailed: [0x5d, "the ECU could not end the authentication"],
  uploadDownloadNotAccepted: [0x70, "the ECU does not accept a transfer now"],
  transferDataSuspended: [0x71, "the ECU stopped the transfer; more data came than was announced"],
  generalProgrammingFailure: [0x72, "the ECU failed to erase or program its memory"],
  wrongBlockSequenceCounter: [0x73, "the block counter is not the one that was due"],
  responsePending: [0x78, "the ECU is still working on it"],
  subFunctionNotSupportedInActiveSession: [0x7e, "the ECU knows this sub-function, but not in this session"],
  serviceNotSupportedInActiveSession: [0x7f, "the ECU knows this service, but not in this session"],
  rpmTooHigh: [0x81, "the engine turns too fast"],
  rpmTooLow: [0x82, "the engine turns too slowly"],
  engineIsRunning: [0x83, "the engine runs"],
  engineIsNotRunning: [0x84, "the engine does not run"],
  engineRunTimeTooLow: [0x85, "the engine has not run for long enough"],
  temperatureTooHigh: [0x86, "the temperature is too high"],
  temperatureTooLow: [0x87, "the temperature is too low"],
  vehicleSpeedTooHigh: [0x88, "the vehicle is too fast"],
  vehicleSpeedTooLow: [0x89, "the vehicle is too slow"],
  throttleOrPedalTooHigh: [0x8a, "the throttle or pedal is pressed too far"],
  throttleOrPedalTooLow: [0x8b, "the throttle or pedal is not pressed far enough"],
  transmissionNotInNeutral: [0x8c, "the transmission is not in neutral"],
  transmissionNotInGear: [0x8d, "no gear is engaged"],
  brakeSwitchNotClosed: [0x8f, "the brake is not pressed"],
  shifterLeverNotInPark: [0x90, "the shifter lever is not in park"],
  torqueConverterClutchLocked: [0x91, "the torque converter clutch is locked"],
  voltageTooHigh: [0x92, "the supply voltage is too high"],
  voltageTooLow: [0x93, "the supply voltage is too low"],
  resourceTemporarilyNotAvailable: [0x94, "something that the ECU needs for this is not available now"],
} as const satisfies Record<string, readonly [code: number, sentence: string]>;

export type NrcName = keyof typeof codes;

const entries = Object.entries(codes) as [NrcName, readonly [number, string]][];

/** The codes by their names: `Nrc.requestOutOfRange` is 0x31. */
export const Nrc = Object.fromEntries(entries.map(([name, [code]]) => [name, code])) as {
  readonly [N in NrcName]: (typeof codes)[N][0];
};

const names = new Map<number, NrcName>(entries.map(([name, [code]]) => [code, name]));

/** The standard's name of a code, where it has one. */
export const nrcName = (code: number): NrcName | undefined => names.get(code);

/** `requestOutOfRange (31): an identifier, …`, or the bare code where the standard has no name for it. */
export function describeNrc(code: number): string {
  const hex = code.toString(16).toUpperCase().padStart(2, "0");
  const name = names.get(code);
  return name === undefined ? `negative response code ${hex}` : `${name} (${hex}): ${codes[name][1]}`;
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
  Nrc.secureDataTransmissionRequired,
  Nrc.secureDataTransmissionNotAllowed,
  Nrc.secureDataVerificationFailed,
  // Conditions of the vehicle, each in the place of conditionsNotCorrect.
  ...entries.map(([, [code]]) => code).filter((code) => code >= 0x81 && code <= 0x94),
]);

/** To a functional request an ECU that would answer one of these stays silent (ISO 14229-1:2020, 8.7.5). */
export const silentWhenFunctional: ReadonlySet<number> = new Set([
  Nrc.serviceNotSupported,
  Nrc.subFunctionNotSupported,
  Nrc.requestOutOfRange,
  Nrc.subFunctionNotSupportedInActiveSession,
  Nrc.serviceNotSupportedInActiveSession,
]);
