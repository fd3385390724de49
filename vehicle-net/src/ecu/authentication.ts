import { authenticate, authenticateWithCertificate } from "../uds/authenticate.ts";
import type { ProofInput } from "../uds/authentication.ts";
import type { RequestOptions, UdsClient } from "../uds/client.ts";
import type { EcuProfile } from "./profile.ts";
import { ProfileError } from "./profile-error.ts";

/** What a tester has to authenticate itself with; kept apart from the profile, which everybody can read. */
export interface TesterCredentials {
  /** For ECUs whose profile says `certificate`. */
  readonly certificate?: Uint8Array;
  /** Proves ownership of the certificate's key, or of the shared one. */
  prove(input: ProofInput): Promise<Uint8Array>;
}

/**
 * Authenticates (service 29) in the way that the profile says. Throws as `authenticateWithCertificate` does.
 * @throws {ProfileError} `absent` where the profile knows no authentication, or the credentials have no certificate
 */
export async function authenticateTester(
  client: UdsClient,
  profile: EcuProfile,
  credentials: TesterCredentials,
  options?: RequestOptions,
): Promise<void> {
  const { authentication, title } = profile;
  if (authentication === undefined) throw new ProfileError("absent", "authentication", `${title} has none`);
  const prove = (input: ProofInput): Promise<Uint8Array> => credentials.prove(input);
  if (authentication.mode === "challenge") {
    const algorithm = new Uint8Array(Buffer.from(authentication.algorithm, "hex"));
    await authenticate(client, { algorithm, prove }, options);
    return;
  }
  const { certificate } = credentials;
  if (certificate === undefined) {
    throw new ProfileError("absent", "authentication", `${title} wants a certificate, and none was given`);
  }
  await authenticateWithCertificate(client, { certificate, prove }, options);
}
