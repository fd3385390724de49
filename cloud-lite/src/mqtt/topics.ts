import { eventsTopic, presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";

export type Presence = "online" | "offline";

/** A vehicle publishes its own presence and events, and nothing else. */
export const mayPublish = (vehicleId: string, topic: string): boolean =>
  topic === presenceTopic(vehicleId) || topic === eventsTopic(vehicleId);

/** A vehicle hears its own wake-ups; a filter with wildcards is never equal to a topic. */
export const maySubscribe = (vehicleId: string, filter: string): boolean =>
  filter === wakeUpTopic(vehicleId) || filter === presenceTopic(vehicleId);

/** The content of a presence message, or undefined where it is neither. */
export function readPresence(payload: string | Uint8Array): Presence | undefined {
  const text = typeof payload === "string" ? payload : Buffer.from(payload).toString("utf8");
  return text === "online" || text === "offline" ? text : undefined;
}
