import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventsTopic, presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";
import type { About } from "../background.ts";
import { hasMosquitto, PASSWORD, startMosquitto, type TestMosquitto } from "./mosquitto.testing.ts";
import { Refusal } from "../refusals.ts";
import { connectOutsideBroker, readBrokerPassword, type OutsideBroker } from "./outside-broker.ts";

describe.skipIf(!hasMosquitto)("a broker that others run (skipped without Debian's mosquitto)", () => {
  let mosquitto: TestMosquitto;
  let clients: MqttClient[];
  let instances: OutsideBroker[];
  let stored: string[];
  let beforeEvents: () => Promise<void>;
  const errors: { error: unknown; about: About | undefined }[] = [];
  beforeEach(async () => {
    mosquitto = await startMosquitto();
    clients = [];
    instances = [];
    stored = [];
    beforeEvents = () => Promise.resolve();
  });
  afterEach(async () => {
    for (const instance of instances) await instance.close();
    for (const client of clients) await client.endAsync(true);
    await mosquitto.stop();
    errors.length = 0;
  });

  /** One instance of the cloud; what it hears of presence. */
  async function instance(): Promise<{ broker: OutsideBroker; heard: string[] }> {
    const heard: string[] = [];
    const name = String(instances.length);
    const broker = await connectOutsideBroker(`mqtt://halfshaft-cloud@${mosquitto.host}`, PASSWORD, name, {
      onPresence: (vehicleId, presence) => void heard.push(`${vehicleId} ${presence}`),
      async onEvents(vehicleId, payload) {
        await beforeEvents();
        stored.push(`${name} ${vehicleId} ${Buffer.from(payload).toString()}`);
      },
      onError: (error, about) => void errors.push({ error, about }),
    });
    instances.push(broker);
    return { broker, heard };
  }

  async function vehicle(username: string, more: IClientOptions = {}): Promise<MqttClient> {
    const options = { username, password: PASSWORD, reconnectPeriod: 0, ...more };
    const client = await connectAsync(`mqtt://${mosquitto.host}`, options, false);
    clients.push(client);
    return client;
  }

  test("E1 a wake-up of any instance reaches the vehicle, and is empty", async () => {
    const [first, second] = [await instance(), await instance()];
    const received: string[] = [];
    const car = await vehicle("car");
    car.on("message", (topic, payload) => void received.push(`${topic} ${payload.length}`));
    await car.subscribeAsync(wakeUpTopic("car"), { qos: 1 });
    first.broker.wakeUp("bus");
    first.broker.wakeUp("car");
    await expect.poll(() => received).toEqual([`${wakeUpTopic("car")} 0`]);
    second.broker.wakeUp("car");
    await expect.poll(() => received).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  test("D5 presence comes from the vehicle, and from its last will when the connection breaks", async () => {
    const { heard } = await instance();
    const topic = presenceTopic("car");
    const car = await vehicle("car", {
      will: { topic, payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    await car.publishAsync(topic, "online", { qos: 1, retain: true });
    await expect.poll(() => heard).toContain("car online");
    car.stream.destroy();
    await expect.poll(() => heard).toContain("car offline");
  });

  test("D5 presence that came while no instance was there is caught up with", async () => {
    const car = await vehicle("car");
    await car.publishAsync(presenceTopic("car"), "online", { qos: 1, retain: true });
    const { heard } = await instance();
    await expect.poll(() => heard).toContain("car online");
  });

  test("E6 of several instances one stores a batch of events", async () => {
    await instance();
    await instance();
    const car = await vehicle("car");
    for (let n = 0; n < 10; n += 1) await car.publishAsync(eventsTopic("car"), `batch ${n}`, { qos: 1 });
    await expect.poll(() => stored).toHaveLength(10);
    const batches = stored.map((line) => line.split(" ").slice(1).join(" "));
    expect(batches.toSorted()).toEqual(Array.from({ length: 10 }, (_, n) => `car batch ${n}`));
  });

  test("E6 events that could not be stored before the instance went come to it again", async () => {
    const { broker } = await instance();
    const tried = Promise.withResolvers<void>();
    beforeEvents = () => {
      tried.resolve();
      return Promise.reject(new Refusal("STORE_UNAVAILABLE"));
    };
    const car = await vehicle("car");
    await car.publishAsync(eventsTopic("car"), "batch", { qos: 1 });
    await tried.promise;
    await broker.close();
    instances.length = 0;
    beforeEvents = () => Promise.resolve();
    await instance();
    await expect.poll(() => stored).toEqual(["0 car batch"]);
  });

  test.each<[string, Error]>([
    ["is refused", new Refusal("BODY_NOT_JSON", { reason: "test" })],
    ["the database does not take", Object.assign(new Error("invalid input syntax"), { code: "22P02" })],
    ["is beyond the vehicle's quota", new Refusal("TELEMETRY_QUOTA", { vehicleId: "car", quota: 1 })],
  ])(
    "E6 a batch that %s is dropped and told once, so that those behind it are taken",
    async (_what, error) => {
      await instance();
      let failed = false;
      beforeEvents = async () => {
        if (failed) return;
        failed = true;
        throw error;
      };
      const car = await vehicle("car");
      await car.publishAsync(eventsTopic("car"), "bad", { qos: 1 });
      await car.publishAsync(eventsTopic("car"), "good", { qos: 1 });
      await expect.poll(() => stored).toEqual(["0 car good"]);
      expect(errors).toEqual([{ error, about: { vehicleId: "car" } }]);
    },
  );

  test("T2 with the documented rules a vehicle neither speaks nor listens for another", async () => {
    const { heard } = await instance();
    const bus = await vehicle("bus");
    const overheard: string[] = [];
    bus.on("message", (topic) => void overheard.push(topic));
    await bus.subscribeAsync("#").catch(() => undefined);
    await bus.publishAsync(presenceTopic("car"), "online", { qos: 1 }).catch(() => undefined);
    const car = await vehicle("car");
    await car.publishAsync(presenceTopic("car"), "offline", { qos: 1 });
    await expect.poll(() => heard).toContain("car offline");
    expect(heard).not.toContain("car online");
    expect(overheard).toEqual([]);
  });

  test("E1 a broker that comes back is used again, and meanwhile nothing fails", async () => {
    const { broker, heard } = await instance();
    const port = Number(mosquitto.host.split(":")[1]);
    await mosquitto.stop();
    broker.wakeUp("car");
    mosquitto = await startMosquitto(port);
    const car = await vehicle("car");
    await car.publishAsync(presenceTopic("car"), "online", { qos: 1, retain: true });
    await expect.poll(() => heard, { timeout: 15_000 }).toContain("car online");
  });

  test("E1 a wrong password is refused at the start, with the broker's reason", async () => {
    const url = `mqtt://halfshaft-cloud@${mosquitto.host}`;
    const deps = { onPresence: () => undefined, onEvents: async () => undefined, onError: () => undefined };
    await expect(connectOutsideBroker(url, "guessed", "one", deps)).rejects.toMatchObject({
      code: "MQTT_BROKER_REFUSED",
      operands: { broker: mosquitto.host },
    });
  });
});

test("E1 a broker that is away does not keep the cloud from starting", async () => {
  const deps = { onPresence: () => undefined, onEvents: async () => undefined, onError: () => undefined };
  const broker = await connectOutsideBroker("mqtt://halfshaft-cloud@127.0.0.1:1", "any", "one", deps);
  broker.wakeUp("car");
  await broker.close();
});

test("E1 the broker's password comes from a file or from the environment", async () => {
  const folder = await mkdtemp(join(tmpdir(), "halfshaft-password-"));
  await writeFile(join(folder, "password"), "from the file\n");
  const env = { HALFSHAFT_CLOUD_MQTT_PASSWORD: "from the environment" };
  expect(await readBrokerPassword(join(folder, "password"), env)).toBe("from the file");
  expect(await readBrokerPassword("", env)).toBe("from the environment");
  await expect(readBrokerPassword(join(folder, "none"), env)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
  await rm(folder, { recursive: true });
});
