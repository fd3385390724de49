import { afterEach, expect, test } from "vitest";
import { DEFAULTS, type CloudConfig } from "../config.ts";
import { testCloud, type TestCloud } from "../testing.ts";
import { trustedProxies } from "./web-security.ts";

let opened: TestCloud[] = [];
afterEach(async () => {
  for (const fixture of opened) await fixture.close();
  opened = [];
});

async function cloud(config: Partial<CloudConfig> = {}): Promise<TestCloud> {
  const fixture = await testCloud({ config });
  opened.push(fixture);
  return fixture;
}

const PAGE = "https://console.example";
const preflight = ({ app }: TestCloud, origin: string) =>
  app.inject({
    method: "OPTIONS",
    url: "/api/v1/vehicles",
    headers: { origin, "access-control-request-method": "POST" },
  });

test("A11 pages may load from the cloud alone, and be framed by nobody", async () => {
  const fixture = await cloud();
  const answer = await fixture.call("GET", "/health/live", { token: null });
  const policy = answer.header("content-security-policy") ?? "";
  expect(policy.split(";")).toEqual(
    expect.arrayContaining(["default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"]),
  );
  expect(policy).not.toContain("unsafe-inline");
  expect(answer.header("x-frame-options")).toBe("DENY");
  expect(answer.header("referrer-policy")).toBe("no-referrer");
});

test("A11 strict transport security is asked for behind TLS only", async () => {
  const fixture = await cloud({ behindProxy: "127.0.0.1" });
  const behind = await fixture.call("GET", "/health/live", { token: null });
  expect(behind.header("strict-transport-security")).toBe("max-age=31536000");
  const plain = await (await cloud()).call("GET", "/health/live", { token: null });
  expect(plain.header("strict-transport-security")).toBeUndefined();
});

test("A11 no other site's page may call the API by default", async () => {
  const fixture = await cloud();
  const answer = await preflight(fixture, PAGE);
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
});

test("A11 a page of a configured origin may call the API, without a credential for the question itself", async () => {
  const fixture = await cloud({ corsOrigins: `${PAGE},https://other.example` });
  const answer = await preflight(fixture, PAGE);
  expect([answer.statusCode, answer.headers["access-control-allow-origin"]]).toEqual([204, PAGE]);
  expect(answer.headers["access-control-allow-headers"]).toContain("idempotency-key");
  const stranger = await preflight(fixture, "https://evil.example");
  expect(stranger.headers["access-control-allow-origin"]).not.toBe("https://evil.example");
  expect(stranger.headers["access-control-allow-credentials"]).toBeUndefined();
});

test.each(["*", "console.example", `${PAGE}/page`])(
  "A11 the origin %s is refused by name",
  async (corsOrigins) => {
    await expect(testCloud({ config: { corsOrigins } })).rejects.toMatchObject({
      code: "CLOUD_CONFIG_INVALID",
    });
  },
);

test("A11 the address of a forwarded request counts from a trusted proxy only", async () => {
  const ask = (fixture: TestCloud, address: string) =>
    fixture.call("GET", "/health/live", { token: null, headers: { "x-forwarded-for": address } });
  const behind = await cloud({ addressRate: 2, behindProxy: "127.0.0.1" });
  for (let i = 0; i < 2; i += 1) await ask(behind, "192.0.2.1");
  expect([(await ask(behind, "192.0.2.1")).status, (await ask(behind, "192.0.2.2")).status]).toEqual([
    429, 200,
  ]);
  const reached = await cloud({ addressRate: 2 });
  for (let i = 0; i < 2; i += 1) await ask(reached, "192.0.2.1");
  expect((await ask(reached, "192.0.2.2")).status).toBe(429);
});

test("A11 addresses of one IPv6 network share its limit", async () => {
  const fixture = await cloud({ addressRate: 2 });
  const ask = (remoteAddress: string) => fixture.app.inject({ url: "/health/live", remoteAddress });
  for (const host of ["1", "2"]) await ask(`2001:db8:0:1::${host}`);
  expect((await ask("2001:db8:0:1::3")).statusCode).toBe(429);
  expect((await ask("2001:db8:0:2::1")).statusCode).toBe(200);
});

test.each<[string, string[] | false]>([
  ["", false],
  ["127.0.0.1", ["127.0.0.1"]],
  ["10.0.0.0/8, ::1", ["10.0.0.0/8", "::1"]],
])("A11 the proxies %j are %j", (behindProxy, proxies) => {
  expect(trustedProxies({ behindProxy })).toEqual(proxies);
});

test.each(["yes", "10.0.0.0/33", "proxy.example", "10.0.0.1/8/8"])(
  "A11 the proxy %s is refused by name",
  (behindProxy) => {
    expect(() => trustedProxies({ ...DEFAULTS, behindProxy } satisfies CloudConfig)).toThrow(
      expect.objectContaining({ code: "CLOUD_CONFIG_INVALID" }),
    );
  },
);
