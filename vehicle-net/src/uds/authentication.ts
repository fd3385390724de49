import { UdsRefused } from "./error.ts";
import type { FieldInput, FieldOutput } from "./fields.ts";
import { Nrc } from "./nrc.ts";
import { Authentication, AuthenticationReturn, AuthenticationTask } from "./services/authentication.ts";

export type AuthenticationRequest = FieldOutput<(typeof Authentication)["request"]>;
export type AuthenticationAnswer = FieldInput<(typeof Authentication)["response"]>;

/** Whom the ECU has before it, once its certificate or key was found good. */
export interface Holder {
  /** What handlers ask for: `workshop`, `development`. */
  readonly role: string;
  /** The public key of the certificate, or the secret that is shared: opaque here. */
  readonly key: Uint8Array;
}

/** What a proof of ownership is made over. Which of it is signed, and how, is the manufacturer's own matter. */
export interface ProofInput {
  /** The challenge that the other side must not have chosen. */
  readonly challenge: Uint8Array;
  /** The challenge of the side that proves; empty where it sent none. */
  readonly ownChallenge: Uint8Array;
  readonly ephemeralPublicKey: Uint8Array;
  readonly additionalParameter: Uint8Array;
}

/** The ECU's own part in bidirectional authentication. */
export interface EcuIdentity {
  readonly certificate: Uint8Array;
  prove(input: ProofInput): Promise<Uint8Array>;
}

/** The cryptography of service 29, which this stack does not do itself. Only what is given is supported. */
export interface AuthenticationOptions {
  /** APCE (tasks 01–03): authentication with certificates. */
  readonly certificates?: {
    /** Whose certificate it is. @throws {UdsRefused} with the code 50–57 that says what is wrong with it. */
    verify(certificate: Uint8Array): Promise<Holder>;
    verifyProof(holder: Holder, proof: Uint8Array, input: ProofInput): Promise<boolean>;
    readonly identity?: EcuIdentity;
  };
  /** ACR (tasks 05–07): challenge and response with keys that both sides know already. */
  readonly algorithms?: readonly ChallengeAlgorithm[];
  /** Task 04: a certificate that the ECU is to keep. @throws {UdsRefused} with the code 50–57. */
  readonly storeCertificate?: (evaluationId: number, certificate: Uint8Array) => Promise<void>;
  /** `length` random bytes for a challenge; injected, so that tests know it. */
  readonly random: (length: number) => Uint8Array;
  /** Default 32. */
  readonly challengeBytes?: number;
}

/** One algorithm of challenge and response, by its indicator of 16 bytes. */
export interface ChallengeAlgorithm {
  readonly indicator: Uint8Array;
  /** Whether the key is a shared secret; it decides what task 08 answers. */
  readonly symmetric: boolean;
  /** Whose proof it is; nothing where it is nobody's. */
  verifyProof(proof: Uint8Array, input: ProofInput): Promise<Holder | undefined>;
  /** The ECU's proof for the bidirectional form; left out: task 07 is not supported. */
  prove?(input: ProofInput): Promise<Uint8Array>;
}

/** What the ECU asked to be proven, until it is proven or anything else is asked. */
type Challenge = { readonly challenge: Uint8Array; readonly ownChallenge: Uint8Array } & (
  | { readonly kind: "certificate"; readonly holder: Holder }
  | { readonly kind: "algorithm"; readonly algorithm: ChallengeAlgorithm }
);

const NOTHING = new Uint8Array();
const refused = (nrc: number): UdsRefused => new UdsRefused(Authentication, nrc);
const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The state behind service 29 (ISO 14229-1:2020, 10.6): who is authenticated, and what was asked for it. */
export class Authenticator {
  readonly #options: AuthenticationOptions;
  #role: string | undefined;
  #asked: Challenge | undefined;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** The role that is authenticated, if any. */
  get role(): string | undefined {
    return this.#role;
  }

  /** A reset, task 00 and a tester that has gone end it; a change of session does not. */
  deAuthenticate(): void {
    this.#role = undefined;
    this.#asked = undefined;
  }

  /** @throws {UdsRefused} with the code that 10.6 has for it. */
  async answer(request: AuthenticationRequest): Promise<AuthenticationAnswer> {
    const asked = this.#asked;
    // A challenge serves for one proof only, and only directly after it was given.
    this.#asked = undefined;
    const { task } = request;
    switch (task) {
      case AuthenticationTask.deAuthenticate:
        this.deAuthenticate();
        return { task, returnParameter: AuthenticationReturn.deAuthenticated };
      case AuthenticationTask.verifyCertificateUnidirectional:
      case AuthenticationTask.verifyCertificateBidirectional:
        return await this.#verifyCertificate(request);
      case AuthenticationTask.proofOfOwnership:
        return await this.#proofOfOwnership(request, asked);
      case AuthenticationTask.transmitCertificate:
        if (this.#options.storeCertificate === undefined) throw refused(Nrc.subFunctionNotSupported);
        await this.#options.storeCertificate(request.evaluationId, request.certificate);
        return { task, returnParameter: AuthenticationReturn.certificateVerified };
      case AuthenticationTask.requestChallenge:
        return this.#requestChallenge(request);
      case AuthenticationTask.verifyProofUnidirectional:
      case AuthenticationTask.verifyProofBidirectional:
        return await this.#verifyProof(request, asked);
      default:
        return { task, returnParameter: this.#configuration() };
    }
  }

  async #verifyCertificate(
    request: Extract<AuthenticationRequest, { task: 1 | 2 }>,
  ): Promise<AuthenticationAnswer> {
    const { certificates } = this.#options;
    const bidirectional = request.task === AuthenticationTask.verifyCertificateBidirectional;
    const identity = certificates?.identity;
    if (certificates === undefined || (bidirectional && identity === undefined)) {
      throw refused(Nrc.subFunctionNotSupported);
    }
    const holder = await certificates.verify(request.certificate);
    const challenge = this.#random();
    this.#asked = { kind: "certificate", holder, challenge, ownChallenge: request.challenge };
    const returnParameter = AuthenticationReturn.certificateVerifiedOwnershipNecessary;
    if (request.task === AuthenticationTask.verifyCertificateUnidirectional || identity === undefined) {
      return { task: 1, returnParameter, challenge, ephemeralPublicKey: NOTHING };
    }
    const proof = await identity.prove({
      challenge: request.challenge,
      ownChallenge: challenge,
      ephemeralPublicKey: NOTHING,
      additionalParameter: NOTHING,
    });
    const { certificate } = identity;
    return { task: 2, returnParameter, challenge, certificate, proof, ephemeralPublicKey: NOTHING };
  }

  async #proofOfOwnership(
    { task, proof, ephemeralPublicKey }: Extract<AuthenticationRequest, { task: 3 }>,
    asked: Challenge | undefined,
  ): Promise<AuthenticationAnswer> {
    const { certificates } = this.#options;
    if (certificates === undefined) throw refused(Nrc.subFunctionNotSupported);
    if (asked?.kind !== "certificate") throw refused(Nrc.requestSequenceError);
    const input = { ...asked, ephemeralPublicKey, additionalParameter: NOTHING };
    const isProven = await certificates.verifyProof(asked.holder, proof, input);
    if (!isProven) throw refused(Nrc.ownershipVerificationFailed);
    this.#role = asked.holder.role;
    return { task, returnParameter: AuthenticationReturn.ownershipVerified };
  }

  #requestChallenge({
    task,
    algorithm: indicator,
  }: Extract<AuthenticationRequest, { task: 5 }>): AuthenticationAnswer {
    const algorithms = this.#options.algorithms ?? [];
    if (algorithms.length === 0) throw refused(Nrc.subFunctionNotSupported);
    const algorithm = algorithms.find((one) => equal(one.indicator, indicator));
    if (algorithm === undefined) throw refused(Nrc.configurationDataUsageFailed);
    const challenge = this.#random();
    this.#asked = { kind: "algorithm", algorithm, challenge, ownChallenge: NOTHING };
    const returnParameter = AuthenticationReturn.requestAccepted;
    return { task, returnParameter, algorithm: indicator, challenge, neededAdditionalParameter: NOTHING };
  }

  async #verifyProof(
    request: Extract<AuthenticationRequest, { task: 6 | 7 }>,
    asked: Challenge | undefined,
  ): Promise<AuthenticationAnswer> {
    const { task, algorithm: indicator, challenge: theirs, additionalParameter } = request;
    if ((this.#options.algorithms ?? []).length === 0) throw refused(Nrc.subFunctionNotSupported);
    if (asked?.kind !== "algorithm" || !equal(asked.algorithm.indicator, indicator)) {
      throw refused(Nrc.requestSequenceError);
    }
    const { algorithm, challenge } = asked;
    const bidirectional = task === AuthenticationTask.verifyProofBidirectional;
    if (bidirectional && algorithm.prove === undefined) throw refused(Nrc.subFunctionNotSupported);
    const common = { ephemeralPublicKey: NOTHING, additionalParameter };
    const holder = await algorithm.verifyProof(request.proof, { ...common, challenge, ownChallenge: theirs });
    if (holder === undefined) throw refused(Nrc.ownershipVerificationFailed);
    const proof = bidirectional
      ? await algorithm.prove?.({ ...common, challenge: theirs, ownChallenge: challenge })
      : undefined;
    this.#role = holder.role;
    return { task, returnParameter: AuthenticationReturn.ownershipVerified, algorithm: indicator, proof };
  }

  #configuration(): number {
    const { certificates, algorithms } = this.#options;
    if (certificates !== undefined) return AuthenticationReturn.configurationApce;
    return algorithms?.[0]?.symmetric === false
      ? AuthenticationReturn.configurationAcrAsymmetric
      : AuthenticationReturn.configurationAcrSymmetric;
  }

  #random(): Uint8Array {
    return this.#options.random(this.#options.challengeBytes ?? 32);
  }
}
