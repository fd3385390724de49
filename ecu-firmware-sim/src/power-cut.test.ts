import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { UdsAborted, UdsTimeout, UdsTransportError } from "@halfshaft/vehicle-net/uds";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEcu, type EcuHandle } from "./ecu.ts";
import type { PowerCut } from "./power.ts";
import { memoryStorage, type EcuStorage } from "./storage.ts";
import { banks } from "./bank.ts";
import { newImage, oldImage, provisioned, testProfile, Tester } from "./testing.ts";

/** One whole update from wherever the ECU stands. */
async function update(tester: Tester, ecu: EcuHandle): Promise<void> {
  await ecu.answering();
  if ((await tester.read("softwareVersion")) !== newImage.version) {
    await tester.install(newImage);
    await tester.tryOut(ecu);
  }
  await tester.commit();
}

/** Gives up when the ECU has lost its power. */
async function updateUntilPowerCut(
  storage: EcuStorage,
  powerCut?: PowerCut,
  offAtMs?: number,
): Promise<boolean> {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000, dataBitrate: 2_000_000 });
  const ecu = createEcu({
    profile: testProfile,
    bus: bus.attach("ecu"),
    clock,
    storage,
    faults: { powerCut },
  });
  const tester = new Tester(bus, clock);
  if (offAtMs !== undefined) clock.after(offAtMs, () => ecu.powerOff());
  const watch = async (): Promise<boolean> => {
    while (ecu.mode !== "off") await clock.sleep(50);
    return false;
  };
  const work = update(tester, ecu).then(
    () => true,
    (error: unknown) => {
      if (error instanceof UdsTimeout || error instanceof UdsTransportError) return false;
      if (error instanceof UdsAborted) return false;
      throw error;
    },
  );
  const isDone = await clock.run(Promise.race([work, watch()]));
  await tester.close();
  ecu.powerOff();
  return isDone;
}

/** Every power-on, with nobody touching the ECU, starts a whole image. Gives the version that stays. */
async function expectBootable(original: EcuStorage): Promise<string> {
  const storage = copyOf(original);
  await bootedVersion(storage);
  // A trial that was armed has run by now and was not committed: from here on the same image starts every time.
  const version = await bootedVersion(storage);
  expect(await bootedVersion(storage)).toBe(version);
  return version;
}

async function bootedVersion(storage: EcuStorage): Promise<string> {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000, dataBitrate: 2_000_000 });
  const ecu = createEcu({ profile: testProfile, bus: bus.attach("ecu"), clock, storage });
  const tester = new Tester(bus, clock);
  await clock.run(ecu.answering());
  const version = await clock.run(tester.read("softwareVersion"));
  const image = version === newImage.version ? newImage : oldImage;
  const state = ecu.state();
  expect(version).toBe(image.version);
  expect(state.imageSha256Of(state.activeBank)).toBe(image.sha256);
  await tester.close();
  ecu.powerOff();
  return version;
}

function copyOf(storage: EcuStorage): EcuStorage {
  const copy = memoryStorage();
  copy.writeRecord(storage.readRecord() ?? "");
  for (const bank of banks) copy.writeBank(bank, 0, storage.readBank(bank, 0, 0x1000));
  return copy;
}

test.each([
  ["early in it", 0.3],
  ["late in it", 0.8],
])(
  "S4 a power cut at any write of an update, %s, ends old or new, bootable, and the update can be done again",
  async (_name, share) => {
    const versions: string[] = [];
    for (let atWrite = 1, isDone = false; !isDone; atWrite += 1) {
      const storage = provisioned();
      isDone = await updateUntilPowerCut(storage, { atWrite, share });
      const version = await expectBootable(storage);
      versions.push(version);
      if (isDone) break;
      expect(await updateUntilPowerCut(storage)).toBe(true);
      expect(await expectBootable(storage)).toBe("2.0.0");
    }
    // Old up to the one write that commits, new from there on; never back.
    expect(versions.length).toBeGreaterThan(40);
    expect(versions.lastIndexOf("1.0.0") + 1).toBe(versions.indexOf("2.0.0"));
  },
);

test("S4 whatever sequence of power cuts an update meets, the ECU boots a whole image and ends with the new one", async () => {
  const cut = fc.record({
    atWrite: fc.integer({ min: 1, max: 60 }),
    share: fc.double({ min: 0, max: 0.99, noNaN: true }),
    /** Power that goes at any time, between or within writes. */
    offAtMs: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { maxLength: 5 }), async (cuts) => {
      const storage = provisioned();
      let mayBeOld = true;
      for (const { atWrite, share, offAtMs } of cuts) {
        const isDone = await updateUntilPowerCut(storage, { atWrite, share }, offAtMs);
        const version = await expectBootable(storage);
        if (isDone || !mayBeOld) expect(version).toBe("2.0.0");
        mayBeOld = version === "1.0.0";
      }
      expect(await updateUntilPowerCut(storage)).toBe(true);
      expect(await expectBootable(storage)).toBe("2.0.0");
    }),
    { numRuns: 15 },
  );
});
