import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CODE, testCloud, type TestCloud } from "../testing.ts";

let made: TestCloud;
let url: string;
beforeEach(async () => {
  made = await testCloud();
  await made.app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(made.app.server.address() as AddressInfo).port}`;
});
afterEach(() => made.close());

const authorization = (): { authorization: string } => ({ authorization: `Bearer ${made.operatorKey}` });
const putHardware = (hardwareId: string) =>
  made
    .call("PUT", `/api/v1/hardware/${hardwareId}`, {
      body: { title: "Engine", regions: [CODE] },
    })
    .then((reply) => {
      expect(reply.status).toBe(200);
    });

/** Reads server-sent events until `done` says so. */
async function readEvents(
  path: string,
  headers: Record<string, string>,
  done: (text: string) => boolean,
  whenOpen: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string> {
  const gone = new AbortController();
  const response = await fetch(`${url}${path}`, {
    headers: { ...authorization(), ...headers },
    signal: gone.signal,
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  let text = "";
  let opened = false;
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (!opened && text.includes("event: ready")) {
      opened = true;
      await whenOpen();
    }
    if (done(text)) break;
  }
  gone.abort();
  return text;
}

test("A7 a change of the fleet reaches an open stream with its event id", async () => {
  const text = await readEvents(
    "/api/v1/streams/fleet",
    {},
    (seen) => seen.includes("hardware."),
    () => putHardware("HW-1"),
  );
  expect(text).toMatch(/id: \d+\n/);
  expect(text).toContain('"subject":{"kind":"hardware","id":"HW-1"}');
});

test("A7 Last-Event-ID gets what was missed", async () => {
  await putHardware("HW-1");
  const text = await readEvents("/api/v1/streams/fleet", { "last-event-id": "1" }, (seen) =>
    seen.includes("HW-1"),
  );
  expect(text).not.toContain("event: ready");
});

test("A7 an event id that is none is refused before the stream begins", async () => {
  const reply = await made.call("GET", "/api/v1/streams/fleet", { headers: { "last-event-id": "x'y" } });
  expect([reply.status, reply.problem().code]).toEqual([400, "EVENT_ID_INVALID"]);
});

test("A7 the same stream by WebSocket", async () => {
  const messages: unknown[] = [];
  let came = Promise.withResolvers<void>();
  const socket = await made.app.injectWS(
    "/api/v1/streams/fleet/socket",
    { headers: authorization() },
    {
      onInit: (early) =>
        early.on("message", (data: Buffer) => {
          messages.push(JSON.parse(data.toString()));
          came.resolve();
        }),
    },
  );
  await came.promise;
  expect(messages).toEqual([expect.objectContaining({ event: "ready" })]);
  came = Promise.withResolvers<void>();
  await putHardware("HW-1");
  await came.promise;
  expect(messages[1]).toMatchObject({ event: "change", data: { subject: { id: "HW-1" } } });
  socket.terminate();
});

test("A7 a socket of a vehicle that is not there is refused before it opens", async () => {
  const socket = made.app.injectWS("/api/v1/streams/vehicles/V-9/socket", { headers: authorization() });
  await expect(socket).rejects.toThrow("404");
});

test("A7 a socket that is asked for as a page is refused with what to do", async () => {
  const reply = await made.call("GET", "/api/v1/streams/fleet/socket");
  expect([reply.status, reply.problem().code]).toEqual([426, "WEBSOCKET_REQUIRED"]);
  expect(reply.header("upgrade")).toBe("websocket");
});

test("A7 a stream without a credential is refused", async () => {
  const reply = await made.call("GET", "/api/v1/streams/fleet", { token: null });
  expect([reply.status, reply.problem().code]).toEqual([401, "CREDENTIALS_MISSING"]);
});

test("A7 a stream ends when its credential is revoked", async () => {
  const ended = readEvents(
    "/api/v1/streams/fleet",
    {},
    () => false,
    async () => {
      await made.cloud.db.updateTable("credentials").set({ revokedAt: 1 }).execute();
      made.cloud.live.alive();
    },
  );
  expect(await ended).not.toContain("event: alive");
});
