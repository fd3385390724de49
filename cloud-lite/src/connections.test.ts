import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { closeWithin, Connections } from "./connections.ts";

let connections: Connections;
let server: Server;
let client: Socket;
beforeEach(async () => {
  connections = new Connections();
  server = createServer((_request, response) => void setImmediate(() => response.end("done")));
  connections.watch(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  await once(server, "connection");
});
afterEach(() => client.destroy());

const closed = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

test("A12 a connection on which half a request came does not keep a server from closing", async () => {
  client.write("GET / HTTP/1.1\r\n");
  const gone = new Promise((resolve) => client.once("error", () => undefined).once("close", resolve));
  await closeWithin(0, connections, closed);
  await gone;
});

test("A12 a request that came before the close is answered within the grace", async () => {
  client.write("GET / HTTP/1.1\r\nHost: cloud\r\nConnection: close\r\n\r\n");
  await once(server, "request");
  const answer = client.toArray() as Promise<Buffer[]>;
  await closeWithin(60_000, connections, closed);
  expect(Buffer.concat(await answer).toString()).toContain("done");
});
