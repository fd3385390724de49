import type { Cloud } from "../cloud.ts";
import { DEFAULT_ORGANISATION } from "../db/open.ts";
import { grantsOfGroups } from "./group-store.ts";
import { findActor, type Actor } from "./store.ts";

/**
 * Who sends a token: one of this cloud's own, or one of the identity provider.
 * @returns undefined where the token is none, or none that still counts.
 * @throws {Refusal} IDENTITY_PROVIDER_UNREACHABLE
 */
export async function actorOfToken(cloud: Cloud, token: string): Promise<Actor | undefined> {
  if (token.startsWith("hs_")) return findActor(cloud.db, token, cloud.now());
  const identity = await cloud.identityProvider?.identify(token);
  if (!identity) return undefined;
  const organisationId = DEFAULT_ORGANISATION;
  // The same subject of another issuer is another person.
  const principalId = `${identity.issuer}|${identity.subject}`;
  return {
    kind: "operator",
    organisationId,
    credentialId: principalId,
    principalId,
    grants: await grantsOfGroups(cloud.db, organisationId, identity.groups),
  };
}

/** The token of an Authorization header. Scheme names are case-insensitive (RFC 9110, 11.1). */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
