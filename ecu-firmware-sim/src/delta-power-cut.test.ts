import { VirtualBus } from "@halfshaft/vehicle-net/can";
import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import {
  RequestDownload,
  RequestTransferExit,
  TransferData,
  UdsAborted,
  UdsTimeout,
  UdsTransportError,
} from "@halfshaft/vehicle-net/uds";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEcu, type EcuHandle } from "./ecu.ts";
import type { PowerCut } from "./power.ts";
import type { EcuStorage } from "./storage.ts";
import { patch, patchBase, patchResult, patchToCheck } from "./test-patch.ts";
import { provisioned, testProfile, Tester } from "./testing.ts";

const BLOCK = 60;
const profile = { ...testProfile, flash: { ...testProfile.flash, programMsPerPage: 2 } };
const memory = { address: 0x1000, length: patchResult.bytes.length };

/** What a transfer over several power cuts has cost. */
interface Cost {
  sentBytes: number;
  /** Erase cycles when the download had begun; from there on nothing may be erased. */
  wearAtStart: readonly number[] | undefined;
}

/** Installs by patch, from wherever the ECU stands. */
async function install(tester: Tester, ecu: EcuHandle, cost: Cost): Promise<void> {
  await ecu.answering();
  await tester.enterProgramming();
  const { offset } = await tester.read("resumeOffset");
  // 37 was heard, its answer was not.
  if (offset === memory.length) return;
  const { patchOffset, digestPrefix } = await tester.read("resumePatch");
  if (digestPrefix.every((byte) => byte === 0)) {
    await tester.erase();
    await tester.start("checkBase", patchToCheck);
  }
  await tester.client.request(RequestDownload, { dataFormat: 0x10, memory });
  cost.wearAtStart ??= ecu.state().wear.B;
  for (let at = patchOffset, counter = 1; at < patch.length; at += BLOCK, counter += 1) {
    const data = patch.subarray(at, at + BLOCK);
    cost.sentBytes += data.length;
    await tester.client.request(TransferData, { counter, data });
  }
  await tester.client.request(RequestTransferExit, {});
}

/** Whether the patch was installed before the power went. */
async function installUntilCut(
  storage: EcuStorage,
  cost: Cost,
  { powerCut, offAtMs }: { powerCut?: PowerCut; offAtMs?: number },
): Promise<boolean> {
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000, dataBitrate: 2_000_000 });
  const ecu = createEcu({ profile, bus: bus.attach("ecu"), clock, storage, faults: { powerCut } });
  const tester = new Tester(bus, clock, profile);
  if (offAtMs !== undefined) clock.after(offAtMs, () => ecu.powerOff());
  const isOff = async (): Promise<boolean> => {
    while (ecu.mode !== "off") await clock.sleep(20);
    return false;
  };
  const work = install(tester, ecu, cost).then(
    () => true,
    (error: unknown) => {
      const isLoss = error instanceof UdsTimeout || error instanceof UdsTransportError;
      if (isLoss || error instanceof UdsAborted) return false;
      throw error;
    },
  );
  const isDone = await clock.run(Promise.race([work, isOff()]));
  await tester.close();
  ecu.powerOff();
  return isDone;
}

/** The right image, nothing erased since the download began, and at most one block sent again for each cut. */
function expectWhole(storage: EcuStorage, cost: Cost, cuts: number): void {
  expect(storage.readBank("B", 0, memory.length)).toEqual(patchResult.bytes);
  expect(storage.readBank("B", memory.length, 64)).toEqual(new Uint8Array(64).fill(0xff));
  const clock = new VirtualClock();
  const bus = new VirtualBus({ clock, bitrate: 500_000 });
  const ecu = createEcu({ profile, bus: bus.attach("ecu"), clock, storage });
  expect(ecu.state().wear.B).toEqual(cost.wearAtStart);
  ecu.powerOff();
  expect(cost.sentBytes).toBeLessThanOrEqual(patch.length + cuts * BLOCK);
}

test.each([
  ["before anything of it", 0],
  ["early in it", 0.3],
  ["late in it", 0.8],
])("E5 S4 a power cut at any write of a patch, %s, loses nothing that was finished", async (_name, share) => {
  let atWrite = 1;
  for (let isDone = false; !isDone; atWrite += 1) {
    const storage = provisioned(patchBase);
    const cost: Cost = { sentBytes: 0, wearAtStart: undefined };
    isDone = await installUntilCut(storage, cost, { powerCut: { atWrite, share } });
    if (!isDone) expect(await installUntilCut(storage, cost, {})).toBe(true);
    expectWhole(storage, cost, 1);
  }
  // 13 sectors, 51 pages and the record.
  expect(atWrite).toBeGreaterThan(64);
});

test("E5 S4 whatever power cuts a patch meets, at any write and any time, it ends with the right image", async () => {
  const cut = fc.record({
    atWrite: fc.integer({ min: 1, max: 90 }),
    share: fc.double({ min: 0, max: 0.99, noNaN: true }),
    offAtMs: fc.option(fc.integer({ min: 20, max: 250 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 6 }), async (cuts) => {
      const storage = provisioned(patchBase);
      const cost: Cost = { sentBytes: 0, wearAtStart: undefined };
      let isDone = false;
      for (const { offAtMs, ...powerCut } of cuts) {
        if (!isDone) isDone = await installUntilCut(storage, cost, { powerCut, offAtMs });
      }
      if (!isDone) expect(await installUntilCut(storage, cost, {})).toBe(true);
      expectWhole(storage, cost, cuts.length);
    }),
    { numRuns: 100 },
  );
});
