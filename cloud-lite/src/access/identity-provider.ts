import type { JWTPayload, JWTVerifyGetKey } from "jose";
import type { CloudConfig } from "../config.ts";
import { unfitText } from "../plugins/unfit-text.ts";
import { Refusal } from "../refusals.ts";

/** Whom an identity provider vouches for. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** Names of groups that the token claims. */
  readonly groups: readonly string[];
}

/** Checks the tokens of one OpenID Connect provider. */
export interface IdentityProvider {
  /**
   * @returns whom a token names, or undefined where the token is not a valid one of this provider.
   * @throws {Refusal} IDENTITY_PROVIDER_UNREACHABLE where the provider's keys cannot be had
   */
  identify(token: string): Promise<Identity | undefined>;
}

type Settings = Pick<
  CloudConfig,
  "oidcIssuer" | "oidcAudience" | "oidcKeysUrl" | "oidcGroupsClaim" | "oidcAlgorithms" | "oidcClockSkewMs"
>;

const KEYS_TIMEOUT_MS = 5000;
/** Keys are asked for again after this time, or sooner where a token names one that is not there. */
const KEYS_KEPT_MS = 10 * 60 * 1000;
const KEYS_COOLDOWN_MS = 30_000;
const MAX_TOKEN_CHARACTERS = 16 * 1024;
const MAX_GROUPS = 500;

/** Signatures by a key of the provider alone: with HMAC whoever checks could also sign. */
const ASYMMETRIC = /^(RS|PS|ES)(256|384|512)$|^(EdDSA|Ed25519)$/;

/**
 * The identity provider of the configuration; undefined where there is none.
 * @throws {Refusal} CLOUD_CONFIG_INVALID where its settings are not complete or not safe
 */
export function identityProviderOf(
  settings: Settings,
  now: () => number,
  cooldownMs = KEYS_COOLDOWN_MS,
): IdentityProvider | undefined {
  const { oidcIssuer: issuer, oidcAudience: audience, oidcKeysUrl: keysUrl } = settings;
  checkIdentityProvider(settings);
  if (!isUsed(settings)) return undefined;
  const algorithms = algorithmsOf(settings);

  let keys: JWTVerifyGetKey | undefined;
  return {
    async identify(token) {
      if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
      // Loaded by those who use it: it is not small.
      const { createRemoteJWKSet, errors, jwtVerify } = await import("jose");
      keys ??= createRemoteJWKSet(new URL(keysUrl), {
        timeoutDuration: KEYS_TIMEOUT_MS,
        cacheMaxAge: KEYS_KEPT_MS,
        cooldownDuration: cooldownMs,
      });
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms,
          clockTolerance: settings.oidcClockSkewMs / 1000,
          currentDate: new Date(now()),
          requiredClaims: ["sub", "exp"],
        });
        const { sub: subject } = payload;
        const groups = groupsOf(payload, settings.oidcGroupsClaim);
        if (typeof subject !== "string" || subject === "") return undefined;
        if ([subject, ...groups].some((text) => unfitText(text) !== undefined)) return undefined;
        return { issuer, subject, groups };
      } catch (cause) {
        // What is wrong with a token, as opposed to what is wrong with the way to its keys.
        const isOfToken =
          cause instanceof errors.JWTExpired ||
          cause instanceof errors.JWTClaimValidationFailed ||
          cause instanceof errors.JWTInvalid ||
          cause instanceof errors.JWSInvalid ||
          cause instanceof errors.JWSSignatureVerificationFailed ||
          cause instanceof errors.JOSEAlgNotAllowed ||
          cause instanceof errors.JOSENotSupported ||
          cause instanceof errors.JWKSNoMatchingKey ||
          cause instanceof errors.JWKSMultipleMatchingKeys;
        if (isOfToken) return undefined;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Refusal("IDENTITY_PROVIDER_UNREACHABLE", { url: keysUrl, reason }, { cause });
      }
    },
  };
}

const isUsed = ({ oidcIssuer, oidcAudience, oidcKeysUrl }: Settings): boolean =>
  [oidcIssuer, oidcAudience, oidcKeysUrl].some((value) => value !== "");

const algorithmsOf = ({ oidcAlgorithms }: Settings): string[] =>
  oidcAlgorithms.split(",").map((name) => name.trim());

/** @throws {Refusal} CLOUD_CONFIG_INVALID where the settings are not complete or not safe */
export function checkIdentityProvider(settings: Settings): void {
  const invalid = (setting: string, value: string, reason: string): Refusal =>
    new Refusal("CLOUD_CONFIG_INVALID", { setting, value: `"${value}"`, reason });
  const foreign = algorithmsOf(settings).find((name) => !ASYMMETRIC.test(name));
  if (foreign !== undefined) {
    throw invalid("--oidc-algorithms", foreign, "it must be RS, PS or ES with 256, 384 or 512, or EdDSA");
  }
  if (!isUsed(settings)) return;
  for (const [setting, value] of [
    ["--oidc-issuer", settings.oidcIssuer],
    ["--oidc-audience", settings.oidcAudience],
    ["--oidc-keys-url", settings.oidcKeysUrl],
  ] as const) {
    if (value === "") throw invalid(setting, value, "issuer, audience and keys URL are needed together");
  }
  if (!isSafeUrl(settings.oidcKeysUrl)) {
    throw invalid("--oidc-keys-url", settings.oidcKeysUrl, "it must be https, or http on this machine");
  }
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (
    protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname))
  );
}

/** The claim of this name, or of this path with dots: `realm_access.roles`. One group may be a text. */
export function groupsOf(payload: JWTPayload, claim: string): string[] {
  const found = Object.hasOwn(payload, claim)
    ? payload[claim]
    : claim.split(".").reduce(memberOf, payload as unknown);
  const names = typeof found === "string" ? [found] : Array.isArray(found) ? found : [];
  return names.filter((name): name is string => typeof name === "string").slice(0, MAX_GROUPS);
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
