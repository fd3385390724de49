import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const least = {
  vehicleId: "vehicle-1",
  cloudUrl: "https://cloud.example",
  bus: "hub://127.0.0.1:29536",
  ecus: [{ ecuId: "ENG-000001", profile: "engine" }],
};

test("E12 what a configuration leaves out has its default", () => {
  expect(readConfig(least)).toMatchObject({ pollMs: 60_000, hmi: { host: "127.0.0.1", port: 8400 } });
});

const wrong: readonly (readonly [string, object, RegExp])[] = [
  ["a field that there is not", { ...least, colour: "red" }, /colour is not a known field/],
  ["a port that there is not", { ...least, hmi: { host: "::1", port: 70_000 } }, /hmi\.port/],
  ["no ECU", { ...least, ecus: [] }, /ecus/],
  ["an ECU twice", { ...least, ecus: [...least.ecus, ...least.ecus] }, /ENG-000001 twice/],
  ["a profile that there is not", { ...least, ecus: [{ ecuId: "X", profile: "warp" }] }, /"warp".*engine/],
  ["a cloud that is no address", { ...least, cloudUrl: "cloud" }, /cloudUrl/],
];

test.each(wrong)("E12 %s is refused with the field and what to do", (_what, config, message) => {
  expect(() => readConfig(config)).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(message) as string,
      help: expect.stringContaining("config.json") as string,
    }),
  );
});
