import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { IClientOptions, MqttClient } from "mqtt";
import { eventsTopic, presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";
import type { About } from "../background.ts";
import { mayPass } from "../passing.ts";
import { Refusal } from "../refusals.ts";
import { readPresence, type Presence } from "./topics.ts";

export interface OutsideBrokerDeps {
  readonly onPresence: (vehicleId: string, presence: Presence) => void;
  /** Stores a batch of events; what fails by something that may pass is tried again, anything else is dropped. */
  readonly onEvents: (vehicleId: string, payload: Uint8Array) => Promise<void>;
  readonly onError: (error: unknown, about?: About) => void;
}

/** A broker that others run: wake-ups go out through it, presence and events come in. */
export interface OutsideBroker {
  /** At least once while broker and vehicle are connected; lost otherwise, so vehicles also ask by themselves. */
  wakeUp(vehicleId: string): void;
  close(): Promise<void>;
}

/** Each message to one instance: a shared subscription (MQTT 5, 4.8.2). */
const SHARED = "$share/halfshaft-cloud/";
const RETRY_MS = 5000;
/** How long the broker keeps what comes while this instance is away. */
const SESSION_S = 60 * 60;
/** Messages that may wait here without an acknowledgement. */
const RECEIVE_MAXIMUM = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long the broker has for the presence that it kept while no instance was there. */
const CATCH_UP_MS = 30_000;

// MQTT 5, 3.2.2.2: reason codes of CONNACK that another try does not change.
const REFUSED: ReadonlySet<number> = new Set([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c]);

/**
 * Connects to `mqtt://` or `mqtts://user@host:port`. A broker that is away is tried again and again; the cloud serves
 * meanwhile. The client is loaded here, so that an embedded cloud does without it.
 * @param password may also be in the URL.
 * @param instance tells this instance from others and stays over a restart: the broker keeps its messages meanwhile.
 * @throws {Refusal} MQTT_BROKER_REFUSED where the broker does not let this user in
 */
export async function connectOutsideBroker(
  url: string,
  password: string | undefined,
  instance: string,
  deps: OutsideBrokerDeps,
): Promise<OutsideBroker> {
  const { connect } = await import("mqtt");
  const options: IClientOptions = {
    protocolVersion: 5,
    clientId: `halfshaft-cloud-${instance}`,
    clean: false,
    properties: { sessionExpiryInterval: SESSION_S, receiveMaximum: RECEIVE_MAXIMUM },
    reconnectPeriod: RETRY_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(password === undefined ? {} : { password }),
  };
  const client = connect(url, options);
  const closing = new AbortController();
  // The acknowledgement is sent after this: once the events are stored.
  client.handleMessage = (packet, acknowledge) => {
    const take = async (): Promise<void> => {
      const isTaken = await takeMessage(deps, packet.topic, Buffer.from(packet.payload), closing.signal);
      if (isTaken) acknowledge();
    };
    take().catch(deps.onError);
  };
  let catchUp: NodeJS.Timeout | undefined;
  client.on("connect", () => {
    const all = presenceTopic("+");
    client.subscribe([`${SHARED}${all}`, `${SHARED}${eventsTopic("+")}`, all], { qos: 1 }, (error) => {
      if (error) deps.onError(error);
    });
    // Kept messages come on a subscription of one's own only (MQTT 5, 3.8.4).
    clearTimeout(catchUp);
    catchUp = setTimeout(() => client.unsubscribe(all), CATCH_UP_MS);
  });
  await firstAnswer(client, url);
  client.on("error", deps.onError);
  return {
    wakeUp(vehicleId) {
      // A wake-up that waited for the broker would come too late to be one.
      if (!client.connected) return;
      client.publish(wakeUpTopic(vehicleId), "", { qos: 1 }, (error) => {
        if (error) deps.onError(error);
      });
    },
    async close() {
      clearTimeout(catchUp);
      closing.abort();
      await client.endAsync(!client.connected);
    },
  };
}

/**
 * The broker lets a vehicle publish under its own id only, so the topic says who it is.
 * @returns false where this instance ends first: not acknowledged, the broker keeps the message for it.
 */
async function takeMessage(
  deps: OutsideBrokerDeps,
  topic: string,
  payload: Uint8Array,
  closing: AbortSignal,
): Promise<boolean> {
  const vehicleId = topic.split("/")[3]!;
  const presence = topic === presenceTopic(vehicleId) ? readPresence(payload) : undefined;
  if (presence) deps.onPresence(vehicleId, presence);
  if (topic !== eventsTopic(vehicleId)) return true;
  while (!closing.aborted) {
    try {
      await deps.onEvents(vehicleId, payload);
      return true;
    } catch (error) {
      if (closing.aborted) return false;
      deps.onError(error, { vehicleId });
      if (!mayWait(error)) return true;
      await sleep(RETRY_MS, undefined, { signal: closing }).catch(() => undefined);
    }
  }
  return false;
}

/** A vehicle that has used up its quota is not waited for: that may take an hour, and keep the others waiting. */
const mayWait = (error: unknown): boolean =>
  mayPass(error) && !(error instanceof Refusal && error.code === "TELEMETRY_QUOTA");

/** @throws {Refusal} MQTT_BROKER_REFUSED; anything else may pass. */
async function firstAnswer(client: MqttClient, url: string): Promise<void> {
  const broker = new URL(url).host;
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("close", () => resolve());
    client.on("error", (error) => {
      if (!("code" in error) || !REFUSED.has(error.code)) return;
      client.end(true);
      reject(new Refusal("MQTT_BROKER_REFUSED", { broker, reason: error.message }, { cause: error }));
    });
  });
}

/** From the environment, or from the first line of a file. @throws {Refusal} FILE_UNREADABLE */
export async function readBrokerPassword(
  file: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  if (file === "") return env.HALFSHAFT_CLOUD_MQTT_PASSWORD;
  try {
    return (await readFile(file, "utf8")).split("\n")[0];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("FILE_UNREADABLE", { path: file, reason }, { cause });
  }
}
