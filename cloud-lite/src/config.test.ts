import { expect, test } from "vitest";
import { DEFAULTS, readConfig } from "./config.ts";

test("A12 without any setting the cloud keeps one folder and listens on this machine only", () => {
  const { config } = readConfig([], {});
  expect(config).toEqual(DEFAULTS);
  expect(config.host).toBe("127.0.0.1");
});

test("A12 the command line wins over the environment, and the environment over the default", () => {
  const env = { HALFSHAFT_CLOUD_PORT: "9000", HALFSHAFT_CLOUD_MQTT_PORT: "9001" };
  const { config, words } = readConfig(["export", "--port", "0", "folder"], env);
  expect(config).toMatchObject({ port: 0, mqttPort: 9001 });
  expect(words).toEqual(["export", "folder"]);
});

const bad: [string[], Record<string, string>, string][] = [
  [["--port", "http"], {}, '--port is "http": it must be a number from 0 to 65535.'],
  [["--port", "70000"], {}, '--port is "70000": it must be a number from 0 to 65535.'],
  [[], { HALFSHAFT_CLOUD_DATA: "" }, 'HALFSHAFT_CLOUD_DATA is "": it must not be empty.'],
  [["--vin-policy", "lax"], {}, '--vin-policy is "lax": it must be one of checkDigit, shape, free.'],
  [["--prot", "1"], {}, "The command line is not understood: Unknown option '--prot'."],
];

test.each(bad)("A12 a wrong setting %j %j is refused by its name", (args, env, sentence) => {
  expect(() => readConfig(args, env)).toThrow(
    expect.objectContaining({ code: "CLOUD_CONFIG_INVALID", message: sentence }),
  );
});
