import type { RequestOptions, UdsClient } from "./client.ts";
import type { ProofInput } from "./authentication.ts";
import { UdsProtocolError } from "./error.ts";
import { Authentication, AuthenticationReturn } from "./services/authentication.ts";

/** What a tester shows of itself with certificates (APCE). */
export interface CertificateCredentials {
  readonly certificate: Uint8Array;
  /** Proves that the certificate is ours; see `ProofInput`. */
  prove(input: ProofInput): Promise<Uint8Array>;
  /** Given: the ECU must prove itself too, against a challenge of ours. */
  readonly ecu?: {
    readonly challenge: Uint8Array;
    /** Whether the ECU's certificate and its proof over our challenge are good. */
    verify(certificate: Uint8Array, proof: Uint8Array, input: ProofInput): Promise<boolean>;
  };
}

/** What a tester shows of itself by challenge and response (ACR). */
export interface ChallengeCredentials {
  /** Sixteen bytes that name the algorithm. */
  readonly algorithm: Uint8Array;
  prove(input: ProofInput): Promise<Uint8Array>;
  /** Given: the ECU must prove itself too, against a challenge of ours. */
  readonly ecu?: {
    readonly challenge: Uint8Array;
    verify(proof: Uint8Array, input: ProofInput): Promise<boolean>;
  };
}

const NOTHING = new Uint8Array();
const nothingMore = { ephemeralPublicKey: NOTHING, additionalParameter: NOTHING };

/**
 * Authenticates with a certificate: tasks 01 or 02, then 03 (ISO 14229-1:2020, 10.6.2). Gives the session key info.
 * Throws as `UdsClient.request` does; `UdsProtocolError` where the ECU does not prove itself or does not confirm.
 */
export async function authenticateWithCertificate(
  client: UdsClient,
  credentials: CertificateCredentials,
  options?: RequestOptions,
): Promise<Uint8Array> {
  const { certificate, ecu } = credentials;
  const ownChallenge = ecu?.challenge ?? NOTHING;
  const task = ecu === undefined ? 1 : 2;
  const fields = { task, communicationConfiguration: 0, certificate, challenge: ownChallenge } as const;
  const answer = await client.request(Authentication, fields, options);
  if (answer.task !== 1 && answer.task !== 2) throw unexpected(answer.task);
  const { challenge } = answer;
  if (ecu !== undefined) {
    const input = { ...nothingMore, challenge: ownChallenge, ownChallenge: challenge };
    const isProven = answer.task === 2 && (await ecu.verify(answer.certificate, answer.proof, input));
    if (!isProven) throw unproven();
  }
  const proof = await credentials.prove({ ...nothingMore, challenge, ownChallenge });
  const done = await client.request(Authentication, { task: 3, proof, ephemeralPublicKey: NOTHING }, options);
  if (done.task !== 3) throw unexpected(done.task);
  confirmed(done.returnParameter);
  return done.sessionKeyInfo;
}

/** Authenticates by challenge and response: task 05, then 06 or 07 (10.6.3). Throws as `authenticateWithCertificate`. */
export async function authenticate(
  client: UdsClient,
  credentials: ChallengeCredentials,
  options?: RequestOptions,
): Promise<Uint8Array> {
  const { algorithm, ecu } = credentials;
  const ask = { task: 5, communicationConfiguration: 0, algorithm } as const;
  const asked = await client.request(Authentication, ask, options);
  if (asked.task !== 5) throw unexpected(asked.task);
  const { challenge } = asked;
  const ownChallenge = ecu?.challenge ?? NOTHING;
  const proof = await credentials.prove({ ...nothingMore, challenge, ownChallenge });
  const task = ecu === undefined ? 6 : 7;
  const fields = { task, algorithm, proof, challenge: ownChallenge, additionalParameter: NOTHING } as const;
  const done = await client.request(Authentication, fields, options);
  if (done.task !== 6 && done.task !== 7) throw unexpected(done.task);
  if (ecu !== undefined) {
    const input = { ...nothingMore, challenge: ownChallenge, ownChallenge: challenge };
    const isProven = done.task === 7 && (await ecu.verify(done.proof, input));
    if (!isProven) throw unproven();
  }
  confirmed(done.returnParameter);
  return done.sessionKeyInfo;
}

function confirmed(returnParameter: number): void {
  if (returnParameter === AuthenticationReturn.ownershipVerified) return;
  const returned = returnParameter.toString(16).toUpperCase().padStart(2, "0");
  throw new UdsProtocolError(Authentication, `the ECU took the proof, but answered ${returned} and not 12`);
}

const unproven = (): UdsProtocolError =>
  new UdsProtocolError(Authentication, "the ECU did not prove that it is the one it claims to be");
const unexpected = (task: number): UdsProtocolError =>
  new UdsProtocolError(Authentication, `the ECU answered task ${task}`);
