import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { realClock } from "../clock/real-clock.ts";
import { startHub, type Hub } from "./hub-server.ts";
import { openHub } from "./hub.ts";

const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function hubOnFreePort(notices: string[] = []): Promise<Hub> {
  const hub = await startHub({ port: 0, bitrate: 500_000, onNotice: (sentence) => notices.push(sentence) });
  cleanups.push(() => hub.close());
  return hub;
}

/** What other people's programs are: a socket that speaks lines. */
async function rawClient(port: number): Promise<{ socket: Socket; until(text: string): Promise<string> }> {
  const socket = connect({ host: "127.0.0.1", port });
  cleanups.push(() => socket.destroy());
  await once(socket, "connect");
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
  });
  const until = async (text: string): Promise<string> => {
    while (!heard.includes(text)) await once(socket, "data");
    return heard;
  };
  return { socket, until };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await realClock.sleep(1);
}

test("V1 a program that speaks SLCAN over TCP shares the bus with the hub's own driver", async () => {
  const hub = await hubOnFreePort();
  const bus = await openHub(hub.url, realClock);
  const other = await rawClient(hub.port);
  other.socket.write("C\rS6\rO\r");
  await other.until("\r\r\r");
  const received = Promise.withResolvers<string>();
  bus.subscribe((frame) => received.resolve(Buffer.from(frame.data).toString("hex")));
  other.socket.write("t7DF3023E80\r");
  expect(await received.promise).toBe("023e80");
  await bus.send({ id: 0x7e8, data: Uint8Array.of(0x02, 0x7e, 0x00) });
  expect(await other.until("t7E8")).toBe("\r\r\rz\rt7E83027E00\r");
});

test("V1 the hub shows its bus: frames of all clients with their names", async () => {
  const hub = await hubOnFreePort();
  const seen: string[] = [];
  hub.bus.onFrame((frame, _atMs, sender) => seen.push(`${frame.id.toString(16)} ${sender.split(" (")[0]}`));
  const [a, b] = [await openHub(hub.url, realClock), await openHub(hub.url, realClock)];
  await a.send({ id: 0x708, data });
  await b.send({ id: 0x700, data });
  expect(seen).toEqual(["708 client 1", "700 client 2"]);
});

test("V1 a taken port is said so, with what to do", async () => {
  const hub = await hubOnFreePort();
  await expect(startHub({ port: hub.port, bitrate: 500_000 })).rejects.toMatchObject({
    code: "cannot-open",
    message: `The bus hub cannot start: port ${hub.port} on 127.0.0.1 is taken.`,
    help: "Stop the program that has it, or give the hub another port.",
  });
});

test("V1 an address that is not of this machine is said so", async () => {
  await expect(startHub({ host: "192.0.2.1", port: 0, bitrate: 500_000 })).rejects.toMatchObject({
    code: "cannot-open",
    message: expect.stringContaining("192.0.2.1"),
  });
});

test("V1 a hub that does not run is said so", async () => {
  const hub = await startHub({ port: 0, bitrate: 500_000 });
  await hub.close();
  await expect(openHub(hub.url, realClock)).rejects.toMatchObject({
    code: "cannot-open",
    message: expect.stringMatching(/^The bus hub hub:\/\/127\.0\.0\.1:\d+ cannot be opened: .*ECONNREFUSED/u),
  });
});

test.each(["hub:", "hub://", "hub://localhost", "hub://:99", "hub://localhost:99999", "tcp://localhost:1"])(
  "V1 %s is no hub's URL",
  async (url) => {
    await expect(openHub(url, realClock)).rejects.toMatchObject({ code: "bad-url" });
  },
);

test.each([
  ["an adapter behind a TCP bridge", "V1013\r"],
  ["a web server", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"],
])("V1 %s is not taken for a hub", async (_who, greeting) => {
  const server = createServer((socket) => socket.on("error", () => undefined).write(greeting));
  cleanups.push(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(openHub(`hub://127.0.0.1:${port}`, realClock)).rejects.toMatchObject({
    code: "cannot-open",
    message: expect.stringContaining("what answers there is no hub"),
  });
});

test("V1 when the hub goes, pending and later sends say that the connection was lost", async () => {
  const hub = await startHub({ port: 0, bitrate: 500_000 });
  const bus = await openHub(hub.url, realClock);
  const pending = Promise.allSettled([bus.send({ id: 1, data }), bus.send({ id: 2, data })]);
  await hub.close();
  for (const outcome of await pending) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "lost-connection" } });
  }
  await expect(bus.send({ id: 1, data })).rejects.toMatchObject({ code: "lost-connection" });
  await bus.close();
});

test("V1 a lone client learns that nobody acknowledges, and may go on when somebody does", async () => {
  const hub = await hubOnFreePort();
  const bus = await openHub(hub.url, realClock);
  await expect(bus.send({ id: 1, data })).rejects.toMatchObject({ code: "no-acknowledge" });
  hub.bus.attach("other");
  expect(await bus.send({ id: 1, data })).toBeLessThanOrEqual(realClock.now());
});

test("S4 a client learns that it is bus-off, and is back when it opens the bus anew", async () => {
  const hub = await hubOnFreePort();
  hub.bus.attach("other");
  hub.bus.injectFaults(() => "corrupt");
  const bus = await openHub(hub.url, realClock);
  const outcomes = await Promise.allSettled([bus.send({ id: 1, data }), bus.send({ id: 1, data })]);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: "bus-off" } });
  await expect(bus.send({ id: 1, data })).rejects.toMatchObject({ code: "bus-off" });
  hub.bus.injectFaults(undefined);
  await bus.close();
  const again = await openHub(hub.url, realClock);
  await again.send({ id: 1, data });
});

test("V1 a client that sends far ahead loses nothing", async () => {
  const hub = await hubOnFreePort();
  let count = 0;
  hub.bus.attach("other").subscribe(() => {
    count += 1;
  });
  const client = await rawClient(hub.port);
  client.socket.write(`O\r${"t0010\r".repeat(2000)}`);
  await until(() => count === 2000);
  expect(await client.until("z\r".repeat(2000))).toHaveLength("\r".length + 4000);
});

test("V1 a client that sends without end is read no faster than the bus carries", async () => {
  const hub = await hubOnFreePort();
  hub.bus.attach("other");
  const client = await rawClient(hub.port);
  client.socket.write(`O\r${"t0010\r".repeat(200_000)}`);
  await until(() => hub.bus.statistics().frames >= 1000);
  // One read of the socket is at most 64 KiB, and a frame at least 6 bytes.
  expect(hub.bus.statistics().queued).toBeLessThan(128 + 65_536 / 6);
});

test("V1 a client that does not read is dropped with a message, the others go on", async () => {
  const notices: string[] = [];
  const hub = await startHub({
    port: 0,
    bitrate: 1_000_000,
    dataBitrate: 500_000_000,
    onNotice: (sentence) => notices.push(sentence),
  });
  cleanups.push(() => hub.close());
  const sleeper = await rawClient(hub.port);
  sleeper.socket.write("O\r");
  await sleeper.until("\r");
  sleeper.socket.pause();
  const sender = hub.bus.attach("sender");
  const witness = await openHub(hub.url, realClock);
  let heard = 0;
  witness.subscribe(() => {
    heard += 1;
  });
  const frame = { id: 1, fd: true, brs: true, data: new Uint8Array(64) };
  const isDropped = (): boolean => notices.some((sentence) => sentence.includes("dropped, it left"));
  let sent = 0;
  while (!isDropped()) {
    await Promise.all(Array.from({ length: 500 }, () => sender.send(frame)));
    sent += 500;
  }
  await until(() => heard === sent);
  expect(notices.filter((sentence) => sentence.includes("dropped"))).toHaveLength(1);
});

test("V1 a client that vanishes leaves the bus", async () => {
  const notices: string[] = [];
  const hub = await hubOnFreePort(notices);
  const client = await rawClient(hub.port);
  client.socket.write("O\r");
  await client.until("\r");
  client.socket.resetAndDestroy();
  await until(() => notices.some((sentence) => sentence.endsWith("disconnected.")));
  const alone = hub.bus.attach("alone");
  await expect(alone.send({ id: 1, data })).rejects.toMatchObject({ code: "no-acknowledge" });
});
