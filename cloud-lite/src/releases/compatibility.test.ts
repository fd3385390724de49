import { expect, test } from "vitest";
import type { ImageRequirements } from "@halfshaft/ota-format";
import { currentVersionFits, dependenciesHold, versionFits } from "./compatibility.ts";

const image = (requires?: ImageRequirements) => ({ hardwareId: "ENGINE", ...(requires ? { requires } : {}) });

test.each<[string, string | null, ImageRequirements | undefined, boolean]>([
  ["nothing is demanded, and nothing known", null, undefined, true],
  ["the least version", "1.2.0", { currentAtLeast: "1.2.0" }, true],
  ["a later version", "1.10.0", { currentAtLeast: "1.2.0" }, true],
  ["an older version", "1.1.9", { currentAtLeast: "1.2.0" }, false],
  ["a pre-release of the least version", "1.2.0-rc.1", { currentAtLeast: "1.2.0" }, false],
  ["a version that nobody knows", null, { currentAtLeast: "1.2.0" }, false],
  ["a text that is no version", "factory", { currentAtLeast: "1.2.0" }, false],
  ["one of the versions that are asked for", "1.1.0", { currentIs: ["1.0.0", "1.1.0"] }, true],
  ["none of them", "1.2.0", { currentIs: ["1.0.0", "1.1.0"] }, false],
  [
    "one of them that is too old all the same",
    "1.0.0",
    { currentIs: ["1.0.0"], currentAtLeast: "1.1.0" },
    false,
  ],
])("U2 an image may replace what an ECU runs: %s", (_name, current, requires, fits) => {
  expect(currentVersionFits(current, image(requires))).toBe(fits);
});

test.each([
  ["2.0.0", { atLeast: "2.0.0", below: "3.0.0" }, true],
  ["3.0.0", { atLeast: "2.0.0", below: "3.0.0" }, false],
  ["3.0.0-rc.1", { below: "3.0.0" }, true],
  ["2.0.0+build.7", { atLeast: "2.0.0" }, true],
])("U2 version %s lies within %j: %s", (version, bounds, fits) => {
  expect(versionFits(version, bounds)).toBe(fits);
});

const needsGate = image({ ecus: [{ hardwareId: "GATE", atLeast: "2.0.0" }] });

test.each([
  ["the vehicle has it", [{ hardwareId: "GATE", version: "2.1.0" }], true],
  ["the vehicle has an older one", [{ hardwareId: "GATE", version: "1.9.0" }], false],
  [
    "one of two is older",
    [
      { hardwareId: "GATE", version: "2.0.0" },
      { hardwareId: "GATE", version: "1.0.0" },
    ],
    false,
  ],
  ["the ECU has not said its version", [{ hardwareId: "GATE", version: null }], false],
  ["the vehicle has no such ECU", [{ hardwareId: "ENGINE", version: "2.0.0" }], false],
])("U2 what an image demands of another ECU: %s", (_name, ecusAfter, holds) => {
  expect(dependenciesHold(ecusAfter, needsGate)).toBe(holds);
});
