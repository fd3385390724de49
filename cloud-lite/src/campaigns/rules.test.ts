import { expect, test } from "vitest";
import { assignImages, transition, type KnownEcu, type OfferedImage } from "./rules.ts";
import { CAMPAIGN_STATES, type CampaignState } from "./schema.ts";

const VERBS = ["start", "pause", "resume", "abort", "complete"] as const;
type To = CampaignState | undefined;
const no = undefined;

// Columns in the order of VERBS. A verb that was carried out before leads to where it led.
const table: Record<CampaignState, [To, To, To, To, To]> = {
  draft: ["active", no, no, "aborted", no],
  active: ["active", "paused", "active", "aborted", "completed"],
  paused: [no, "paused", "active", "aborted", "completed"],
  completed: [no, no, no, no, "completed"],
  aborted: [no, no, no, "aborted", no],
};

test.each(CAMPAIGN_STATES)("C1 where each verb leads from %s", (state) => {
  expect(VERBS.map((verb) => transition(state, verb))).toEqual(table[state]);
});

const image = (hardwareId: string, counter = 1): OfferedImage => ({
  imageId: `image-${hardwareId}`,
  hardwareId,
  version: "2.0.0",
  sha256: `new-${hardwareId}`,
  releaseCounter: counter,
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
  ["an equal counter", [ecu("A", "X", "old", 2)], [image("X", 2)], ["A"]],
];

test.each(cases)("C3 a vehicle with %s", (_name, ecus, images, expected) => {
  const result = assignImages(ecus, images);
  expect("skip" in result ? result.skip : result.assignments.map((a) => a.ecu.ecuId)).toEqual(expected);
});
