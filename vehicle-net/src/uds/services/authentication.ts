import { bytes, choice, counted, u16, u8 } from "../fields.ts";
import { Nrc } from "../nrc.ts";
import { declareService } from "../service.ts";

/** authenticationTask (ISO 14229-1:2020, 10.6): 01–03 with certificates (APCE), 05–07 challenge-response (ACR). */
export const AuthenticationTask = {
  deAuthenticate: 0x00,
  verifyCertificateUnidirectional: 0x01,
  verifyCertificateBidirectional: 0x02,
  proofOfOwnership: 0x03,
  transmitCertificate: 0x04,
  requestChallenge: 0x05,
  verifyProofUnidirectional: 0x06,
  verifyProofBidirectional: 0x07,
  authenticationConfiguration: 0x08,
} as const;

/** authenticationReturnParameter (annex B.5). */
export const AuthenticationReturn = {
  requestAccepted: 0x00,
  generalReject: 0x01,
  configurationApce: 0x02,
  configurationAcrAsymmetric: 0x03,
  configurationAcrSymmetric: 0x04,
  deAuthenticated: 0x10,
  certificateVerifiedOwnershipNecessary: 0x11,
  ownershipVerified: 0x12,
  certificateVerified: 0x13,
} as const;

/** Length in two bytes, then the data. */
const data = counted(u16);
/** algorithmIndicator: an object identifier in ASN.1 BER, filled up with zeros. */
const algorithm = bytes(16);
const returned = { returnParameter: u8 };

const certificate = { communicationConfiguration: u8, certificate: data, challenge: data };
const proof = { algorithm, proof: data, challenge: data, additionalParameter: data };

/** 29 (ISO 14229-1:2020, 10.6). What certificates, proofs and challenges hold is the manufacturer's own matter. */
export const Authentication = declareService({
  name: "Authentication",
  sid: 0x29,
  subFunction: true,
  echo: 1,
  request: choice("task", {
    0x00: {},
    0x01: certificate,
    0x02: certificate,
    0x03: { proof: data, ephemeralPublicKey: data },
    0x04: { evaluationId: u16, certificate: data },
    0x05: { communicationConfiguration: u8, algorithm },
    0x06: proof,
    0x07: proof,
    0x08: {},
  }),
  response: choice("task", {
    0x00: returned,
    0x01: { ...returned, challenge: data, ephemeralPublicKey: data },
    0x02: { ...returned, challenge: data, certificate: data, proof: data, ephemeralPublicKey: data },
    0x03: { ...returned, sessionKeyInfo: data },
    0x04: returned,
    0x05: { ...returned, algorithm, challenge: data, neededAdditionalParameter: data },
    0x06: { ...returned, algorithm, sessionKeyInfo: data },
    0x07: { ...returned, algorithm, proof: data, sessionKeyInfo: data },
    0x08: returned,
  }),
  nrcs: [
    Nrc.subFunctionNotSupported,
    Nrc.conditionsNotCorrect,
    Nrc.requestSequenceError,
    Nrc.certificateInvalidTimePeriod,
    Nrc.certificateInvalidSignature,
    Nrc.certificateInvalidChainOfTrust,
    Nrc.certificateInvalidType,
    Nrc.certificateInvalidFormat,
    Nrc.certificateInvalidContent,
    Nrc.certificateInvalidScope,
    Nrc.certificateRevoked,
    Nrc.ownershipVerificationFailed,
    Nrc.challengeCalculationFailed,
    Nrc.settingAccessRightsFailed,
    Nrc.sessionKeyCreationFailed,
    Nrc.configurationDataUsageFailed,
    Nrc.deAuthenticationFailed,
    Nrc.subFunctionNotSupportedInActiveSession,
  ],
});
