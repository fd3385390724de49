import { profileNamed } from "@halfshaft/vehicle-net/ecu";
import { expect, test } from "vitest";
import { clearDtcs, formatDtc, readDtcs, statusWords } from "./dtc.ts";
import { didDigits, parseDid, readRecord, writeRecord } from "./did.ts";
import { diagnosticRig, STUBBORN_DID } from "./testing.ts";

const profile = { ...profileNamed("engine"), otherDids: { vin: 0xf190 } };

test.each([
  ["F190", 0xf190],
  ["0xf190", 0xf190],
  ["softwareVersion", 0xf195],
  ["vin", 0xf190],
  ["1", 1],
])("E12 the data identifier %s is understood", (text, did) => {
  expect(parseDid(text, profile)).toBe(did);
});

test("E12 a name that the profile does not have is refused with those that it has", () => {
  expect(() => parseDid("speed", profile)).toThrow(
    expect.objectContaining({
      code: "DID_UNKNOWN",
      message: '"speed" is no data identifier.',
      help: expect.stringContaining("softwareVersion"),
    }),
  );
});

test("E12 read gives a value in the words of the profile", async () => {
  const { clock, link } = diagnosticRig();
  const record = await clock.run(readRecord(link, 0xf195));
  expect(record).toMatchObject({ did: 0xf195, name: "softwareVersion", value: "1.0.0" });
  expect(didDigits(record.did)).toBe("F195");
});

test("E12 write reads back what it wrote", async () => {
  const { clock, link, data } = diagnosticRig();
  const record = await clock.run(writeRecord(link, 0xf190, new TextEncoder().encode("NEW")));
  expect(record.name).toBe("vin");
  expect(data.get(0xf190)).toEqual(new TextEncoder().encode("NEW"));
});

test("E12 a value that the ECU took but does not keep is an error with both", async () => {
  const { clock, link } = diagnosticRig();
  const writing = clock.run(writeRecord(link, STUBBORN_DID, Uint8Array.of(7)));
  await expect(writing).rejects.toMatchObject({ code: "DID_READ_BACK_DIFFERS" });
  await expect(writing).rejects.toThrow(/F1F1, but reads 00, not 07/);
});

// SAE J2012-DA: two bits of system, fourteen of digits, eight of failure type.
test.each([
  [0x16_01_00, "P1601-00"],
  [0x41_23_45, "C0123-45"],
  [0x92_34_00, "B1234-00"],
  [0xc1_00_87, "U0100-87"],
])("E12 the fault %i is %s", (dtc, code) => {
  expect(formatDtc(dtc)).toBe(code);
});

test("E12 the status of a fault is told bit by bit", () => {
  expect(statusWords(0x89)).toEqual(["test failed", "confirmed", "warning indicator requested"]);
});

test("E12 dtc lists the faults that fit the mask, and clears them", async () => {
  const { clock, link } = diagnosticRig();
  expect(await clock.run(readDtcs(link, 0xff))).toEqual([
    { code: "P1601-00", status: 0x09, words: ["test failed", "confirmed"] },
  ]);
  expect(await clock.run(readDtcs(link, 0x04))).toEqual([]);
  await clock.run(clearDtcs(link));
  expect(await clock.run(readDtcs(link, 0xff))).toEqual([]);
});
