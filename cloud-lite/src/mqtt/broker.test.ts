import type { AddressInfo } from "node:net";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { eventsTopic, presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";
import { Refusal } from "../refusals.ts";
import { createBroker, type Broker } from "./broker.ts";

let broker: Broker;
let url: string;
let presence: string[];
let clients: MqttClient[];
let onEvents: (token: string, payload: string) => Promise<void>;
const revoked = new Set<string>();
const errors: unknown[] = [];

beforeEach(async () => {
  revoked.clear();
  presence = [];
  clients = [];
  broker = await createBroker({
    vehicleOfToken: (token) => Promise.resolve(revoked.has(token) ? undefined : token.split("token-of-")[1]),
    onPresence: (vehicleId, state) => void presence.push(`${vehicleId} ${state}`),
    onEvents: (token, payload) => onEvents(token, Buffer.from(payload).toString()),
    onClients: () => undefined,
    onError: (error, about) => void errors.push({ error, about }),
  });
  await new Promise<void>((resolve) => {
    broker.server.listen(0, "127.0.0.1", resolve);
  });
  url = `mqtt://127.0.0.1:${(broker.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const client of clients) client.end(true);
  await broker.close();
  expect(errors.splice(0)).toEqual([]);
});

async function connect(options: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: 4, ...options }, false);
  clients.push(client);
  return client;
}
const connectCar = (more: IClientOptions = {}): Promise<MqttClient> =>
  connect({ username: "car", password: "token-of-car", ...more });

test("E1 a wake-up reaches the vehicle, and is empty", async () => {
  const client = await connectCar();
  const received = new Promise<string>((resolve) => {
    client.on("message", (topic, payload) => resolve(`${topic} ${payload.length}`));
  });
  await client.subscribeAsync(wakeUpTopic("car"), { qos: 1 });
  broker.wakeUp("bus");
  broker.wakeUp("car");
  expect(await received).toBe(`${wakeUpTopic("car")} 0`);
});

test.each([
  ["a wrong token", { username: "car", password: "nonsense" }],
  ["another vehicle's token", { username: "car", password: "token-of-bus" }],
  ["no token", { username: "car" }],
  ["nothing at all", {}],
])("T2 a connection with %s is refused", async (_name, options) => {
  await expect(connect(options)).rejects.toThrow(/Bad username or password|Not authorized/);
});

test("T2 a vehicle cannot listen to another's wake-ups, nor to all", async () => {
  const client = await connectCar();
  for (const topic of [wakeUpTopic("bus"), "#", "halfshaft/v1/vehicles/+/wake-up"]) {
    const refused = await client.subscribeAsync(topic).catch(() => [{ qos: 128 }]);
    expect(refused.every((grant) => grant.qos === 128)).toBe(true);
  }
});

test("T2 a vehicle that publishes where it may not is cut off, and nobody hears it", async () => {
  const bus = await connect({ username: "bus", password: "token-of-bus" });
  const heard: string[] = [];
  bus.on("message", (topic) => void heard.push(topic));
  await bus.subscribeAsync(wakeUpTopic("bus"));
  const car = await connectCar();
  const closed = new Promise<void>((resolve) => {
    car.once("close", () => resolve());
  });
  car.publish(wakeUpTopic("bus"), "");
  await closed;
  expect(heard).toEqual([]);
});

test("T2 a client id that another vehicle uses is refused, so that one cannot end the other's connection", async () => {
  await connectCar({ clientId: "same" });
  await expect(connect({ username: "bus", password: "token-of-bus", clientId: "same" })).rejects.toThrow(
    /Identifier rejected/,
  );
});

test("D5 presence comes from the vehicle, and from its last will when the connection breaks", async () => {
  const topic = presenceTopic("car");
  const client = await connectCar({
    will: { topic, payload: Buffer.from("offline"), qos: 1, retain: true },
  });
  await client.publishAsync(topic, "online", { qos: 1, retain: true });
  expect(presence).toEqual(["car online"]);
  client.stream.destroy();
  await vi.waitFor(() => expect(presence).toEqual(["car online", "car offline"]));
});

test("A5 a vehicle whose token is revoked while it is connected is cut off when it publishes", async () => {
  const car = await connectCar();
  const closed = new Promise<void>((resolve) => void car.once("close", () => resolve()));
  revoked.add("token-of-car");
  car.publish(presenceTopic("car"), "online", { qos: 1 }, () => undefined);
  await closed;
  expect(presence).toEqual([]);
});

test("A8 a batch of events is acknowledged once it is stored, and not before", async () => {
  const stored = Promise.withResolvers<void>();
  const taken: string[] = [];
  onEvents = (token, payload) => {
    taken.push(`${token} ${payload}`);
    return stored.promise;
  };
  const client = await connectCar();
  let isAcknowledged = false;
  const acknowledged = client
    .publishAsync(eventsTopic("car"), "batch", { qos: 1 })
    .then(() => (isAcknowledged = true));
  await vi.waitFor(() => expect(taken).toEqual(["token-of-car batch"]));
  expect(isAcknowledged).toBe(false);
  stored.resolve();
  await acknowledged;
});

test("A8 a batch that could not be stored is not acknowledged: the connection ends", async () => {
  onEvents = () => Promise.reject(new Refusal("STORE_BUSY"));
  const client = await connectCar();
  const closed = new Promise<void>((resolve) => {
    client.once("close", () => resolve());
  });
  client.publish(eventsTopic("car"), "batch", { qos: 1 });
  await closed;
});

test.each<[string, Error]>([
  ["is refused", new Refusal("REQUEST_INVALID", { reason: "test" })],
  ["the database does not take", Object.assign(new Error("invalid input syntax"), { code: "22P02" })],
])("A8 a batch that %s is dropped and told, so that the vehicle goes on", async (_what, error) => {
  onEvents = () => Promise.reject(error);
  const client = await connectCar();
  await client.publishAsync(eventsTopic("car"), "batch", { qos: 1 });
  expect(errors.splice(0)).toEqual([{ error, about: { vehicleId: "car" } }]);
});

test("A5 a batch by a token that does not count any more ends the connection", async () => {
  onEvents = () => Promise.reject(new Refusal("CREDENTIALS_INVALID"));
  const client = await connectCar();
  const closed = new Promise<void>((resolve) => void client.once("close", () => resolve()));
  client.publish(eventsTopic("car"), "batch", { qos: 1 });
  await closed;
});
