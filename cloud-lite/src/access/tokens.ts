import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** `op` an operator's key, `se` an operator's session, `dv` a vehicle's device token. */
export type TokenKind = "operator" | "session" | "device";
const MARK: Readonly<Record<TokenKind, string>> = { operator: "op", session: "se", device: "dv" };

const SHAPE = /^hs_(op|se|dv)_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export interface NewToken {
  /** Shown once: `hs_op_<prefix>_<256-bit secret>`. */
  readonly token: string;
  /** Public part by which the row is found. */
  readonly prefix: string;
  /** SHA-256 of the token, hex: the secret has 256 bits, so a slow hash would add nothing. */
  readonly digest: string;
}

export function newToken(kind: TokenKind): NewToken {
  const prefix = randomBytes(8).toString("hex");
  const token = `hs_${MARK[kind]}_${prefix}_${randomBytes(32).toString("base64url")}`;
  return { token, prefix, digest: digestOf(token) };
}

/** What may be shown of a token: its kind and prefix, as the token itself begins. */
export const visiblePart = (kind: TokenKind, prefix: string): string => `hs_${MARK[kind]}_${prefix}`;

/** The prefix of a well-formed token, else undefined. */
export function tokenPrefix(token: string): string | undefined {
  return SHAPE.exec(token)?.[2];
}

/** Compares in constant time. */
export function tokenMatches(token: string, digest: string): boolean {
  if (digest.length !== DIGEST_DIGITS) return false;
  actual.write(digestOf(token), "latin1");
  expected.write(digest, "latin1");
  return timingSafeEqual(actual, expected);
}

const DIGEST_DIGITS = 64;
// Kept, for this happens at every request.
const actual = Buffer.alloc(DIGEST_DIGITS);
const expected = Buffer.alloc(DIGEST_DIGITS);

const digestOf = (token: string): string => hash("sha256", token, "hex");
