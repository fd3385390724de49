import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";
import { hasMosquitto, PASSWORD, startMosquitto, type TestMosquitto } from "./mosquitto.testing.ts";
import { connectOutsideBroker, readBrokerPassword, type OutsideBroker } from "./outside-broker.ts";

describe.skipIf(!hasMosquitto)("a broker that others run (skipped without Debian's mosquitto)", () => {
  let mosquitto: TestMosquitto;
  let clients: MqttClient[];
  let instances: OutsideBroker[];
  const errors: unknown[] = [];
  beforeEach(async () => {
    mosquitto = await startMosquitto();
    clients = [];
    instances = [];
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
    const broker = await connectOutsideBroker(`mqtt://halfshaft-cloud@${mosquitto.host}`, PASSWORD, {
      onPresence: (vehicleId, presence) => void heard.push(`${vehicleId} ${presence}`),
      onError: (error) => void errors.push(error),
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
    const deps = { onPresence: () => undefined, onError: () => undefined };
    await expect(connectOutsideBroker(url, "guessed", deps)).rejects.toMatchObject({
      code: "MQTT_BROKER_REFUSED",
      operands: { broker: mosquitto.host },
    });
  });
});

test("E1 a broker that is away does not keep the cloud from starting", async () => {
  const deps = { onPresence: () => undefined, onError: () => undefined };
  const broker = await connectOutsideBroker("mqtt://halfshaft-cloud@127.0.0.1:1", "any", deps);
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
