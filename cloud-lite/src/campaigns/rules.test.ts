import { expect, test } from "vitest";
import { assignImages, type KnownEcu, type OfferedImage } from "./rules.ts";

const image = (hardwareId: string, counter = 1, requires?: OfferedImage["requires"]): OfferedImage => ({
  imageId: `image-${hardwareId}`,
  hardwareId,
  version: "2.0.0",
  sha256: `new-${hardwareId}`,
  releaseCounter: counter,
  ...(requires ? { requires } : {}),
});
const ecu = (ecuId: string, hardwareId: string, sha256: string | null, counter = 1): KnownEcu => ({
  ecuId,
  hardwareId,
  version: null,
  imageSha256: sha256,
  releaseCounter: counter,
});

const cases: [string, KnownEcu[], OfferedImage[], string[] | string][] = [
  [
    "every ECU with an image",
    [ecu("A", "X", "old"), ecu("B", "Y", "old"), ecu("G", "GW", null)],
    [image("X"), image("Y")],
    ["A", "B"],
  ],
  ["two ECUs of one type", [ecu("A", "X", "old"), ecu("B", "X", "old")], [image("X")], ["A", "B"]],
  [
    "an ECU that runs the image already",
    [ecu("A", "X", "new-X"), ecu("B", "Y", "old")],
    [image("X"), image("Y")],
    ["B"],
  ],
  ["an ECU that has said nothing", [ecu("A", "X", null)], [image("X")], ["A"]],
  ["no ECU of the type", [ecu("A", "X", "old")], [image("Z")], "noMatchingEcu"],
  ["all on the image", [ecu("A", "X", "new-X")], [image("X")], "upToDate"],
  [
    "one ECU with a higher counter",
    [ecu("A", "X", "old", 2), ecu("B", "Y", "old")],
    [image("X"), image("Y")],
    "releaseCounterTooLow",
  ],
  [
    "a version too old for the image",
    [ecu("A", "X", "old")],
    [image("X", 1, { currentAtLeast: "1.5.0" })],
    "currentVersionTooLow",
  ],
  [
    "another ECU that does not fit the image",
    [ecu("A", "X", "old"), ecu("B", "Y", "old")],
    [image("X", 1, { ecus: [{ hardwareId: "Y", atLeast: "2.0.0" }] })],
    "dependencyUnmet",
  ],
  [
    "another ECU that fits once it is updated, too",
    [ecu("A", "X", "old"), ecu("B", "Y", "old")],
    [image("X", 1, { ecus: [{ hardwareId: "Y", atLeast: "2.0.0" }] }), image("Y")],
    ["A", "B"],
  ],
  ["an equal counter", [ecu("A", "X", "old", 2)], [image("X", 2)], ["A"]],
];

test.each(cases)("C3 a vehicle with %s", (_name, ecus, images, expected) => {
  const result = assignImages(ecus, images);
  expect("skip" in result ? result.skip : result.assignments.map((a) => a.ecu.ecuId)).toEqual(expected);
});
