import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULTS } from "../config.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import { groupsOf, identityProviderOf } from "./identity-provider.ts";

const ISSUER = "https://login.example/tenant";
const AUDIENCE = "halfshaft";
const AT = Date.UTC(2026, 0, 1);

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A throw-away issuer: its key set over HTTP, and tokens by its keys. */
class Issuer {
  readonly #keys = new Map<string, Pair>();
  readonly #server: Server;
  requests = 0;
  status = 200;

  constructor() {
    this.#server = createServer((_request, response) => {
      this.requests += 1;
      void this.#keySet().then((body) => response.writeHead(this.status).end(body));
    });
  }

  async #keySet(): Promise<string> {
    const keys = [...this.#keys].map(async ([kid, pair]) => ({ ...(await exportJWK(pair.publicKey)), kid }));
    return JSON.stringify({ keys: await Promise.all(keys) });
  }

  async open(): Promise<string> {
    await this.addKey("one");
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`;
  }

  async addKey(kid: string): Promise<void> {
    this.#keys.set(kid, await generateKeyPair("ES256"));
  }

  token(claims: JWTPayload = {}, kid = "one"): Promise<string> {
    return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: "ada", exp: AT / 1000 + 600, ...claims })
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(this.#keys.get(kid)!.privateKey);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((closed) => void this.#server.close(() => closed()));
  }
}

let issuer: Issuer;
let config: typeof DEFAULTS;
let fixture: TestCloud | undefined;
beforeEach(async () => {
  issuer = new Issuer();
  const oidcKeysUrl = await issuer.open();
  config = { ...DEFAULTS, oidcIssuer: ISSUER, oidcAudience: AUDIENCE, oidcKeysUrl };
});
afterEach(async () => {
  await fixture?.close();
  fixture = undefined;
  await issuer.close();
});

const provider = (more: Partial<typeof DEFAULTS> = {}) =>
  identityProviderOf({ ...config, ...more }, () => AT, 0)!;

async function cloudWithIssuer(): Promise<TestCloud> {
  fixture = await testCloud({ config, at: AT });
  const body = { grants: [{ role: "operator", scope: {} }] };
  await fixture.call("PUT", "/api/v1/access-groups/fleet team", { body });
  return fixture;
}

test("A5 a token of the issuer for this audience names its subject and groups", async () => {
  expect(await provider().identify(await issuer.token({ groups: ["fleet team", "canteen"] }))).toEqual({
    issuer: ISSUER,
    subject: "ada",
    groups: ["fleet team", "canteen"],
  });
});

const wrong: [string, JWTPayload][] = [
  ["of another issuer", { iss: "https://login.example/other" }],
  ["for another audience", { aud: "payroll" }],
  ["that has expired", { exp: AT / 1000 - 31 }],
  ["that is not yet valid", { nbf: AT / 1000 + 31 }],
  ["without an end", { exp: undefined }],
  ["without a subject", { sub: undefined }],
  ["with an empty subject", { sub: "" }],
  ["with a subject that has U+0000 in it", { sub: "a\u0000da" }],
  ["with a subject that has half of a character in it", { sub: "ada\uD800" }],
  ["with a group that has U+0000 in it", { groups: ["fleet team", "\u0000"] }],
];

test.each(wrong)("A5 a token %s is none", async (_what, claims) => {
  expect(await provider().identify(await issuer.token(claims))).toBeUndefined();
});

test("A5 a clock that is off by less than the allowed skew does not matter", async () => {
  expect(await provider().identify(await issuer.token({ exp: AT / 1000 - 29 }))).toBeDefined();
  const strict = provider({ oidcClockSkewMs: 0 });
  expect(await strict.identify(await issuer.token({ exp: AT / 1000 - 29 }))).toBeUndefined();
});

test("A5 a token without a signature, or with one by a shared secret, is none", async () => {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "ada", exp: AT / 1000 + 600 };
  const secret = new TextEncoder().encode(await fetch(config.oidcKeysUrl).then((answer) => answer.text()));
  const shared = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "one" }).sign(secret);
  for (const token of [new UnsecuredJWT(claims).encode(), shared, "a.b.c", "nonsense"]) {
    expect(await provider().identify(token)).toBeUndefined();
  }
});

test("A5 an algorithm that is not allowed is refused before a key is asked for", async () => {
  const token = await issuer.token();
  expect(await provider({ oidcAlgorithms: "RS256" }).identify(token)).toBeUndefined();
  expect(issuer.requests).toBe(0);
});

test("A5 keys are asked for once, and again when a token names a new one", async () => {
  const one = provider();
  for (let i = 0; i < 3; i += 1) await one.identify(await issuer.token());
  expect(issuer.requests).toBe(1);
  await issuer.addKey("two");
  expect(await one.identify(await issuer.token({}, "two"))).toBeDefined();
  expect(issuer.requests).toBe(2);
});

test("A5 an issuer that cannot be reached is said so, and the cloud's own keys go on", async () => {
  const cloud = await cloudWithIssuer();
  const token = await issuer.token();
  issuer.status = 500;
  const answer = await cloud.call("GET", "/api/v1/me", { token });
  expect(answer.problem()).toMatchObject({ status: 503, code: "IDENTITY_PROVIDER_UNREACHABLE" });
  expect((await cloud.call("GET", "/api/v1/me")).status).toBe(200);
});

test("A5 groups of the token give the grants of the cloud's groups of that name, and others none", async () => {
  const cloud = await cloudWithIssuer();
  const body = { vehicleId: "car", ecus: [] };
  const outsider = await issuer.token({ groups: ["canteen"] });
  const refused = await cloud.call("POST", "/api/v1/vehicles", { token: outsider, body });
  expect(refused.problem().code).toBe("PERMISSION_MISSING");
  const member = await issuer.token({ groups: ["canteen", "fleet team"] });
  expect((await cloud.call("POST", "/api/v1/vehicles", { token: member, body })).status).toBe(201);
});

test("A5 the principal is issuer and subject, so that it cannot be taken for a local user", async () => {
  const cloud = await cloudWithIssuer();
  const token = await issuer.token({ sub: "admin" });
  expect((await cloud.call("GET", "/api/v1/me", { token })).data()).toMatchObject({
    principalId: `${ISSUER}|admin`,
  });
});

test("A5 who comes from an identity provider makes no key that would outlive his groups", async () => {
  const cloud = await cloudWithIssuer();
  const token = await issuer.token({ groups: ["fleet team"] });
  const refused = await cloud.call("POST", "/api/v1/api-keys", { token, body: { label: "ci" } });
  expect(refused.problem()).toMatchObject({ status: 403, code: "USER_REQUIRED" });
});

test.each<[string, string, string[]]>([
  ["groups", "a list", ["a", "b"]],
  ["realm_access.roles", "a path", ["c"]],
  ["https://login.example/groups", "a name with dots", ["d"]],
  ["role", "one text", ["e"]],
  ["sub.length", "not an object", []],
  ["nothing.there", "nothing", []],
  ["constructor.name", "nothing of its own", []],
])("A5 the claim %s is %s", (claim, _what, groups) => {
  const payload = {
    sub: "ada",
    groups: ["a", 1, "b"],
    realm_access: { roles: ["c"] },
    "https://login.example/groups": ["d"],
    role: "e",
  };
  expect(groupsOf(payload, claim)).toEqual(groups);
});

test.each<[Partial<typeof DEFAULTS>, string]>([
  [{ oidcAudience: "" }, "--oidc-audience"],
  [{ oidcKeysUrl: "http://login.example/keys" }, "--oidc-keys-url"],
  [{ oidcKeysUrl: "login.example" }, "--oidc-keys-url"],
  [{ oidcAlgorithms: "RS256,HS256" }, "--oidc-algorithms"],
  [{ oidcAlgorithms: "none" }, "--oidc-algorithms"],
])("A5 the settings %j are refused by name", (more, setting) => {
  expect(() => provider(more)).toThrow(
    expect.objectContaining({ code: "CLOUD_CONFIG_INVALID", message: expect.stringContaining(setting) }),
  );
});

test("A5 a token whose subject no database keeps is refused, not an error of the cloud", async () => {
  const cloud = await cloudWithIssuer();
  const token = await issuer.token({ sub: "a\u0000da" });
  const refused = await cloud.call("GET", "/api/v1/me", { token });
  expect(refused.problem()).toMatchObject({ status: 401, code: "CREDENTIALS_INVALID" });
});
