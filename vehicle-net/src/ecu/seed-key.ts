import { createHmac } from "node:crypto";
import type { SecurityLevel, SeedKeyAlgorithm } from "../uds/security.ts";
import type { EcuProfile } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";

/**
 * For demonstration and tests: the secret stands in the profile, which everybody can read, so this keeps out
 * accidents, not people. What an ECU trusts is the signed descriptor of an image.
 */
const demoHmacSha256: SeedKeyAlgorithm = {
  seedBytes: 8,
  key: (seed, secret) => new Uint8Array(createHmac("sha256", secret).update(seed).digest().subarray(0, 8)),
};

/** Algorithms by name; a manufacturer's is a line here. */
const algorithms: ReadonlyMap<string, SeedKeyAlgorithm> = new Map([["demo-hmac-sha256", demoHmacSha256]]);

/** @throws {ProfileError} `unknown-algorithm`, naming those that are known. */
export function seedKeyAlgorithm(name: string): SeedKeyAlgorithm {
  const algorithm = algorithms.get(name);
  if (algorithm === undefined) {
    throw new ProfileError(
      "unknown-algorithm",
      "security.algorithm",
      `"${name}" is not known; known are ${[...algorithms.keys()].join(", ")}`,
    );
  }
  return algorithm;
}

/** The profile's lock as a server takes it. */
export const securityLevel = ({ security }: EcuProfile): SecurityLevel => ({
  level: security.level,
  algorithm: seedKeyAlgorithm(security.algorithm),
  secret: new Uint8Array(Buffer.from(security.secret, "hex")),
});

/** The key that answers `seed`, as a tester computes it. */
export function keyFor(profile: EcuProfile, seed: Uint8Array): Uint8Array {
  const { algorithm, secret } = securityLevel(profile);
  return algorithm.key(seed, secret);
}
