import { expect, test } from "vitest";
import { eventsTopic, presenceTopic, wakeUpTopic } from "@halfshaft/ota-format";
import { mayPublish, maySubscribe, readPresence } from "./topics.ts";

const cases: [string, boolean, boolean][] = [
  [wakeUpTopic("car"), false, true],
  [presenceTopic("car"), true, true],
  [eventsTopic("car"), true, false],
  [eventsTopic("bus"), false, false],
  [wakeUpTopic("bus"), false, false],
  [presenceTopic("bus"), false, false],
  ["#", false, false],
  ["halfshaft/v1/vehicles/+/wake-up", false, false],
  ["halfshaft/v1/vehicles/car/#", false, false],
  ["$SYS/#", false, false],
  ["", false, false],
];

test.each(cases)("E1 vehicle car and topic %j: publish %s, subscribe %s", (topic, publish, subscribe) => {
  expect([mayPublish("car", topic), maySubscribe("car", topic)]).toEqual([publish, subscribe]);
});

test.each([
  ["online", "online"],
  ["offline", "offline"],
  ["maybe", undefined],
  ["", undefined],
])("D5 a presence message %j", (payload, presence) => {
  expect(readPresence(Buffer.from(payload))).toBe(presence);
});
