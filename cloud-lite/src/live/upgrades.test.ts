import { once } from "node:events";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testCloud, type TestCloud } from "../testing.ts";

let made: TestCloud;
beforeEach(async () => {
  made = await testCloud();
  await made.app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(() => made.close());

const KEY = { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" };
const HANDSHAKE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  ...KEY,
};
const withKey = (): object => ({ ...HANDSHAKE, Authorization: `Bearer ${made.operatorKey}` });

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

/** Sends a request and reads until the server ends the connection; the client never ends it itself. */
async function handshake(path: string, headers: object): Promise<Answer> {
  const { port } = made.app.server.address() as AddressInfo;
  const client = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const [[served]] = (await Promise.all([
    once(made.app.server, "connection"),
    once(client, "connect"),
  ])) as unknown as [[Socket]];
  const gone = once(served, "close");
  const lines = Object.entries({ Host: "cloud", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const text = Buffer.concat((await client.toArray()) as Buffer[]).toString();
  await gone;
  client.destroy();
  const code = /"code":"(\w+)"/.exec(text)?.[1] ?? "";
  return { status: Number(text.split(" ")[1]), code, text };
}

const FLEET = "/api/v1/streams/fleet/socket";

test.each([
  [FLEET, 401, "CREDENTIALS_MISSING"],
  ["/api/v1/vehicles", 401, "CREDENTIALS_MISSING"],
  ["/nowhere", 404, "ROUTE_UNKNOWN"],
  ["/api/v1/streams/vehicles/%zz/socket", 400, "PATH_MALFORMED"],
  ["/health/live", 400, "REQUEST_INVALID"],
])(
  "A7 a handshake at %s without a credential is answered %s %s, and its connection ends",
  async (path, ...problem) => {
    const { status, code } = await handshake(path, HANDSHAKE);
    expect([status, code]).toEqual(problem);
  },
);

test("A7 a route that is no WebSocket refuses the handshake of who may read it", async () => {
  const { status, text } = await handshake("/api/v1/vehicles", withKey());
  expect(status).toBe(400);
  expect(text).toContain("this route is no WebSocket; /api/v1/streams/fleet/socket is one");
});

test.each([
  ["without a key", { "Sec-WebSocket-Key": "short" }],
  ["of another version", { "Sec-WebSocket-Version": "7" }],
])("A7 a handshake %s is answered with a problem, and its connection ends", async (_what, headers) => {
  const { status, code } = await handshake(FLEET, { ...withKey(), ...headers });
  expect([status, code]).toEqual([400, "REQUEST_INVALID"]);
});

test("A7 a client that offers HTTP/2 besides is answered by HTTP/1.1", async () => {
  const headers = { Connection: "Upgrade, close", Upgrade: "h2c" };
  expect((await handshake("/health/live", headers)).status).toBe(200);
});
