import { presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";
import type { Clock, Timer } from "@halfshaft/vehicle-net/clock";
import { connect, type MqttClient } from "mqtt";

const RECONNECT_MS = 5000;
const KEEP_ALIVE_S = 30;

export interface MqttOptions {
  /** `mqtt://host:port` or `mqtts://…` */
  readonly url: string;
  readonly vehicleId: string;
  /** Device token. */
  readonly token: string;
}

export interface WakeUpOptions {
  /** Without a broker the agent only polls. */
  readonly mqtt?: MqttOptions;
  readonly clock: Clock;
  /** Mean time between two questions to the cloud that nobody asked for. */
  readonly pollMs: number;
  /** From 0 up to, not including, 1. Default: Math.random. */
  readonly random?: () => number;
  /** Ask the cloud now. What a wake-up says is not trusted: it carries nothing. */
  readonly onWakeUp: (reason: "poll" | "message" | "connected") => void;
  /** Told when the broker is reached and lost, for the log. */
  readonly onConnection?: (state: "connected" | "lost") => void;
}

export interface WakeUp {
  close(): Promise<void>;
}

/** Asks when the broker says so, whenever the connection comes back, and from time to time without being told. */
export function startWakeUp(options: WakeUpOptions): WakeUp {
  const polling = startPolling(options);
  const client = options.mqtt === undefined ? undefined : listen(options.mqtt, options);
  return {
    async close() {
      polling.cancel();
      await client?.endAsync(true);
    },
  };
}

/** A fleet that starts together must not ask together: each pause is a half longer or shorter, at random. */
function startPolling({ clock, pollMs, random = Math.random, onWakeUp }: WakeUpOptions): Timer {
  let timer: Timer;
  const next = (): void => {
    timer = clock.after(pollMs * (0.5 + random()), () => {
      next();
      onWakeUp("poll");
    });
  };
  next();
  return { cancel: () => timer.cancel() };
}

function listen(
  { url, vehicleId, token }: MqttOptions,
  { onWakeUp, onConnection }: WakeUpOptions,
): MqttClient {
  const presence = presenceTopic(vehicleId);
  const client = connect(url, {
    clientId: vehicleId,
    username: vehicleId,
    password: token,
    keepalive: KEEP_ALIVE_S,
    reconnectPeriod: RECONNECT_MS,
    // The broker keeps wake-ups that come while the vehicle is away.
    clean: false,
    will: { topic: presence, payload: Buffer.from("offline"), qos: 1, retain: true },
  });
  client.on("connect", () => {
    onConnection?.("connected");
    client.subscribe(wakeUpTopic(vehicleId), { qos: 1 });
    client.publish(presence, "online", { qos: 1, retain: true });
    onWakeUp("connected");
  });
  client.on("message", (topic) => {
    if (topic === wakeUpTopic(vehicleId)) onWakeUp("message");
  });
  client.on("close", () => onConnection?.("lost"));
  // Unreachable brokers are daily business; the client tries again by itself.
  client.on("error", () => {});
  return client;
}
