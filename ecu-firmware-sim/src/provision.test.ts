import { expect, test } from "vitest";
import { describeState } from "./ecu-state.ts";
import { provisionEcu, type ProvisionOptions } from "./provision.ts";
import { memoryStorage } from "./storage.ts";
import { filler, newImage, oldImage, provisioned, publicKey, testImage, testProfile } from "./testing.ts";

const options = (change: Partial<ProvisionOptions> = {}): ProvisionOptions => ({
  storage: memoryStorage(),
  profile: testProfile,
  serial: "ENG-000001",
  publicKey,
  image: oldImage.bytes,
  signedDescriptor: oldImage.signedDescriptor,
  ...change,
});

test("S2 a new ECU has its image committed in bank A and the release counter burned", () => {
  const image = testImage("1.2.3", { releaseCounter: 9 });
  const state = describeState(provisioned(image));
  expect(state).toMatchObject({
    activeBank: "A",
    version: "1.2.3",
    boot: { releaseCounter: 9, phase: "idle" },
  });
  expect(state.imageSha256Of("A")).toBe(image.sha256);
});

test("S2 segments are placed by their addresses, the rest of the bank is erased", () => {
  const image = testImage("1.0.0", {
    segments: [
      { address: 0x1010, bytes: filler(20, 1) },
      { address: 0x1100, bytes: filler(30, 2) },
    ],
  });
  const bank = provisioned(image).readBank("A", 0, 0x1000);
  expect(bank.subarray(0x10, 0x24)).toEqual(filler(20, 1));
  expect(bank.subarray(0x100, 0x11e)).toEqual(filler(30, 2));
  expect(bank.filter((byte) => byte !== 0xff).length).toBeLessThanOrEqual(50);
});

test("S2 an ECU that is there already is overwritten only on demand", () => {
  const storage = provisioned();
  const again = { storage, image: newImage.bytes, signedDescriptor: newImage.signedDescriptor };
  expect(() => provisionEcu(options(again))).toThrow(
    expect.objectContaining({ code: "already-provisioned" }),
  );
  expect(describeState(storage).version).toBe("1.0.0");
  provisionEcu(options({ ...again, force: true }));
  expect(describeState(storage).version).toBe("2.0.0");
});

test.each<[string, Partial<ProvisionOptions>, string, RegExp]>([
  ["a serial number with a blank", { serial: "ENG 1" }, "bad-serial", /"ENG 1"/],
  ["a key of another length", { publicKey: new Uint8Array(31) }, "bad-public-key", /32 bytes, not 31/],
  ["another key than the descriptor's", { publicKey: publicKey.with(0, 1) }, "bad-image", /not signed/],
  ["an image of another length", { image: oldImage.bytes.subarray(1) }, "bad-image", /has 899 bytes/],
  ["an image with a changed byte", { image: oldImage.bytes.with(7, 0) }, "bad-image", /digest/],
  [
    "a descriptor for another hardware",
    { profile: { ...testProfile, hardwareId: "X" } },
    "bad-image",
    /hardware/,
  ],
])("S2 %s is refused and writes nothing", (_name, change, code, message) => {
  const storage = memoryStorage();
  expect(() => provisionEcu(options({ storage, ...change }))).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
  expect(storage.readRecord()).toBeUndefined();
});
