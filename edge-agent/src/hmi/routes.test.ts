import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InjectOptions } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeGateway } from "./fake-gateway.ts";
import { fixtures } from "./fixtures.ts";
import { createHmiServer, mountHmi } from "./server.ts";

const { jobId } = fixtures.offer.job;
let gateway: FakeGateway;
let app: Awaited<ReturnType<typeof createHmiServer>>;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hmi-page-"));
  gateway = new FakeGateway(fixtures.offer);
  app = await createHmiServer();
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const mount = () => mountHmi(app, { controls: gateway, pageFolder: folder });

async function post(path: string, payload: unknown, headers: Record<string, string> = {}) {
  await mount();
  const options = { method: "POST", url: `/api/hmi/${path}`, headers, payload } as InjectOptions;
  return app.inject(options);
}

test("E11 the state is what the gateway knows, and is never kept by a cache", async () => {
  await mount();
  const answer = await app.inject("/api/hmi/state");
  expect(answer.json()).toEqual(structuredClone(fixtures.offer));
  expect(answer.headers["cache-control"]).toBe("no-store");
});

describe("decisions", () => {
  test.each(["now", "tonight", "decline"])("E6 %s reaches the gateway", async (decision) => {
    const answer = await post("consent", { jobId, decision });
    expect(answer.statusCode).toBe(204);
    expect(gateway.calls).toEqual([`decide ${jobId} ${decision}`]);
  });

  test("E6 a decision that does not fit any more is refused with what to do", async () => {
    gateway.agrees = false;
    const answer = await post("consent", { jobId, decision: "now" });
    expect(answer.statusCode).toBe(409);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.json()).toMatchObject({
      code: "DECISION_CLOSED",
      detail: "This update does not wait for that decision any more.",
      help: "Read the state again: it says what is possible now.",
    });
  });

  test("E11 checking and acknowledging reach the gateway", async () => {
    await post("check", {});
    const body = { jobId };
    await app.inject({ method: "POST", url: "/api/hmi/acknowledge", payload: body });
    expect(gateway.calls).toEqual(["check", `acknowledge ${jobId}`]);
  });

  test("E11 a result that is not open cannot be acknowledged", async () => {
    gateway.agrees = false;
    expect((await post("acknowledge", { jobId })).json()).toMatchObject({
      code: "RESULT_CLOSED",
      status: 409,
    });
  });
});

describe("bad input changes nothing", () => {
  test.each([
    ["an unknown decision", { jobId, decision: "maybe" }, 400, "BODY_INVALID"],
    ["no job", { decision: "now" }, 400, "BODY_INVALID"],
    ["a job id that is none", { jobId: "1", decision: "now" }, 400, "BODY_INVALID"],
    ["a field too many", { jobId, decision: "now", force: true }, 400, "BODY_INVALID"],
    ["broken JSON", "{", 400, "BODY_INVALID"],
    ["five kilobytes", { jobId, decision: "n".repeat(5_000) }, 413, "BODY_TOO_LARGE"],
  ])("E11 %s", async (_what, payload, status, code) => {
    const answer = await post("consent", payload, { "content-type": "application/json" });
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.body).not.toContain("    at ");
    expect(gateway.calls).toEqual([]);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "E11 a body of type %s, which a form of another site can send",
    async (type) => {
      const answer = await post("check", "{}", { "content-type": type });
      expect(answer.json()).toMatchObject({ status: 415, code: "BODY_NOT_JSON" });
      expect(gateway.calls).toEqual([]);
    },
  );

  test("E11 no body at all", async () => {
    await mount();
    const answer = await app.inject({ method: "POST", url: "/api/hmi/check" });
    expect(answer.json()).toMatchObject({ status: 400, code: "BODY_INVALID" });
  });

  test("E11 an unknown path", async () => {
    await mount();
    expect((await app.inject("/api/hmi/nothing?x=1")).json()).toMatchObject({
      code: "ROUTE_UNKNOWN",
      detail: "GET /api/hmi/nothing is not part of the HMI.",
    });
  });

  test("E11 an error inside the gateway says nothing of its inside", async () => {
    gateway.check = () => Promise.reject(new TypeError("secret path /data"));
    const answer = await post("check", {});
    expect(answer.json()).toMatchObject({ status: 500, code: "HMI_INTERNAL" });
    expect(answer.body).not.toContain("secret");
  });
});

describe("other sites", () => {
  test.each([
    ["another origin", { origin: "https://evil.example" }],
    ["another port of this machine", { origin: "http://localhost:9999" }],
    ["an opaque origin", { origin: "null" }],
    ["a cross-site request", { "sec-fetch-site": "cross-site" }],
    ["a name that was pointed here", { host: "evil.example", origin: "http://evil.example" }],
  ])("E11 %s cannot press a button", async (_what, headers) => {
    const answer = await post("consent", { jobId, decision: "now" }, headers);
    expect(answer.json()).toMatchObject({ status: 403, code: "ORIGIN_FOREIGN" });
    expect(gateway.calls).toEqual([]);
  });

  test.each([
    [
      "its own page",
      { host: "192.168.4.1:8090", origin: "http://192.168.4.1:8090", "sec-fetch-site": "same-origin" },
    ],
    ["its own page over IPv6", { host: "[fe80::1]:8090", origin: "http://[fe80::1]:8090" }],
    ["a program without a browser", { host: "localhost:8090" }],
  ])("E11 %s can", async (_what, headers) => {
    expect((await post("consent", { jobId, decision: "now" }, headers)).statusCode).toBe(204);
  });

  test("E11 a name that was pointed here cannot even read the state", async () => {
    await mount();
    const answer = await app.inject({ url: "/api/hmi/state", headers: { host: "evil.example" } });
    expect(answer.json()).toMatchObject({ code: "ORIGIN_FOREIGN" });
  });

  test("E11 a configured name is the HMI's own", async () => {
    await mountHmi(app, { controls: gateway, pageFolder: folder, hostNames: ["car.local"] });
    const answer = await app.inject({ url: "/api/hmi/state", headers: { host: "car.local:80" } });
    expect(answer.statusCode).toBe(200);
  });
});

describe("the page", () => {
  test("E11 a page that is not built is answered with the command that builds it", async () => {
    await mount();
    const answer = await app.inject("/");
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["content-type"]).toContain("text/plain");
    expect(answer.body).toContain("npm run pages");
  });

  test("E11 the built page is asked for anew, its digested files are kept", async () => {
    await mkdir(join(folder, "assets"));
    await writeFile(join(folder, "index.html"), "<!doctype html>");
    await writeFile(join(folder, "assets", "page-1a2b.js"), "0");
    await mount();
    expect((await app.inject("/")).headers["cache-control"]).toBe("no-cache");
    expect((await app.inject("/assets/page-1a2b.js")).headers["cache-control"]).toContain("immutable");
  });

  test("E11 only this origin may give the page scripts, styles, fonts and pictures", async () => {
    await writeFile(join(folder, "index.html"), "<!doctype html>");
    await mount();
    const { headers } = await app.inject("/");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'self'; /);
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
  });

  test("E11 no file outside the page's folder is served", async () => {
    await writeFile(join(folder, "index.html"), "<!doctype html>");
    await mount();
    for (const url of ["/../server.ts", "/%2e%2e/server.ts", "/..%2fserver.ts"]) {
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400);
    }
  });
});
