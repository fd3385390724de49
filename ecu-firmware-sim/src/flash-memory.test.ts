import { VirtualClock } from "@halfshaft/vehicle-net/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FlashMemory } from "./flash-memory.ts";
import { Power, PowerLost, type PowerCut } from "./power.ts";
import { memoryStorage } from "./storage.ts";

/** 16 bytes a sector, 4 a page; erasing takes 10 ms a sector, programming 1 ms a page. */
const geometry = { bankBytes: 64, sectorBytes: 16, pageBytes: 4, eraseMsPerSector: 10, programMsPerPage: 1 };

function flashMemory(cut?: PowerCut) {
  const clock = new VirtualClock();
  const storage = memoryStorage();
  storage.writeBank("A", 0, new Uint8Array(geometry.bankBytes));
  const power = new Power(cut, () => {});
  const flash = new FlashMemory({ bank: "A", geometry, storage, clock, power, wear: [] });
  return { clock, storage, power, flash, run: <T>(work: Promise<T>) => clock.run(work) };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("S1 erasing sets every byte of the sectors that it touches to FF and no other", async () => {
  const { flash, run } = flashMemory();
  await run(flash.erase(17, 16));
  expect(hex(flash.read(0, 16))).toBe("00".repeat(16));
  expect(hex(flash.read(16, 32))).toBe("ff".repeat(32));
  expect(hex(flash.read(48, 16))).toBe("00".repeat(16));
});

test("S1 erasing counts the wear of each sector", async () => {
  const { flash, run } = flashMemory();
  await run(flash.erase(16, 16));
  await run(flash.erase(16, 32));
  expect(flash.wear).toEqual([0, 2, 1, 0]);
});

test("S1 erasing and programming take their time on the clock", async () => {
  const { clock, flash, run } = flashMemory();
  await run(flash.erase(0, 32));
  expect(clock.now()).toBe(20);
  await run(flash.program(2, new Uint8Array(8)));
  expect(clock.now()).toBe(23);
});

test("S1 a byte can be programmed once between two erasures", async () => {
  const { flash, run } = flashMemory();
  await run(flash.erase(0, 16));
  await run(flash.program(0, Uint8Array.of(1, 2, 3)));
  const again = flash.program(2, Uint8Array.of(3, 4));
  await expect(run(again)).rejects.toMatchObject({ code: "not-erased", message: /byte 2 of bank A/ });
  expect(hex(flash.read(0, 4))).toBe("010203ff");
});

test("S1 what does not lie in the bank is refused", async () => {
  const { flash, run } = flashMemory();
  await expect(run(flash.erase(60, 8))).rejects.toMatchObject({ code: "out-of-range" });
  expect(() => flash.read(64, 1)).toThrow(/do not lie in bank A of 64 bytes/);
});

test("S1 a power cut while a page is programmed leaves it torn and the pages after it erased", async () => {
  // Erasing is write 1, the pages are 2, 3 and 4.
  const { flash, run } = flashMemory({ atWrite: 3, share: 0.5 });
  await run(flash.erase(0, 16));
  await expect(run(flash.program(0, new Uint8Array(12)))).rejects.toThrow(PowerLost);
  // The second of three pages: a5 is a byte of zeros of which only some had been programmed.
  expect(hex(flash.read(0, 12))).toBe("000000000000a5ffffffffff");
});

test("S1 a power cut while a sector is erased leaves it neither old nor erased", async () => {
  const { flash, run } = flashMemory({ atWrite: 1, share: 0.25 });
  await expect(run(flash.erase(0, 32))).rejects.toThrow(PowerLost);
  expect(hex(flash.read(0, 8))).toBe("ffffffff00005a00");
  expect(hex(flash.read(16, 16))).toBe("00".repeat(16));
});

test("S1 power that goes half-way through the time of an erasure leaves half of it", async () => {
  const { clock, power, flash } = flashMemory();
  const erasing = flash.erase(0, 16);
  const failed = expect(erasing).rejects.toThrow(PowerLost);
  await clock.advance(5);
  power.off();
  await failed;
  expect(hex(flash.read(0, 9))).toBe("ffffffffffffffff00");
});

test("S1 nothing is written once the power has gone", async () => {
  const { power, flash } = flashMemory();
  power.off();
  await expect(flash.erase(0, 16)).rejects.toThrow(PowerLost);
  expect(hex(flash.read(0, 16))).toBe("00".repeat(16));
});

test("S1 wherever a power cut hits, what lies outside the erased and programmed stretch stays as it was", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      async (n, share) => {
        const { flash, run } = flashMemory({ atWrite: n, share });
        try {
          await run(flash.erase(16, 32));
          await run(flash.program(20, new Uint8Array(20).fill(0x55)));
        } catch (error) {
          if (!(error instanceof PowerLost)) throw error;
        }
        expect(hex(flash.read(0, 16))).toBe("00".repeat(16));
        expect(hex(flash.read(48, 16))).toBe("00".repeat(16));
      },
    ),
    { numRuns: 50 },
  );
});

/** A page of bank A, erased, that was torn after `share` of "01020304" was programmed. */
async function tornPage(share: number) {
  const rig = flashMemory({ atWrite: 2, share });
  await rig.run(rig.flash.erase(0, 16));
  await expect(rig.run(rig.flash.program(0, Uint8Array.of(1, 2, 3, 4)))).rejects.toBeInstanceOf(PowerLost);
  const power = new Power(undefined, () => {});
  const { storage, clock, run } = rig;
  return {
    clock,
    run,
    flash: new FlashMemory({ bank: "A", geometry, storage, clock, power, wear: [] }),
    power,
  };
}

test.each([0, 0.25, 0.5, 0.99])(
  "S1 a page that was torn after %d of it is completed without erasing",
  async (share) => {
    const { flash } = await tornPage(share);
    expect(hex(flash.read(0, 4))).not.toBe("01020304");
    flash.complete(0, Uint8Array.of(1, 2, 3, 4, 5));
    expect(hex(flash.read(0, 6))).toBe("0102030405ff");
  },
);

test("S1 pages that are as they should be are not programmed again", async () => {
  const { flash, power, run } = flashMemory();
  await run(flash.erase(0, 16));
  flash.complete(0, Uint8Array.of(1, 2, 3, 4, 5));
  const { writes } = power;
  flash.complete(0, Uint8Array.of(1, 2, 3, 4, 5));
  expect(power.writes).toBe(writes);
});

test("S1 completing a page sets no bit: other bytes than those that were begun are refused", async () => {
  const { flash } = await tornPage(0.5);
  expect(() => flash.complete(0, Uint8Array.of(3, 2, 3, 4))).toThrow(
    expect.objectContaining({ code: "not-erased", message: "byte 0 of bank A is not erased" }),
  );
});

test("S1 completing pages takes its time when it is settled, and each page once", async () => {
  const { clock, flash, run } = flashMemory();
  await run(flash.erase(0, 16));
  flash.complete(2, new Uint8Array(8));
  expect(clock.now()).toBe(10);
  await run(flash.settle());
  await run(flash.settle());
  expect(clock.now()).toBe(13);
});

test("S1 power that goes while completed pages settle leaves what its time had allowed", async () => {
  const { clock, flash, power, run } = flashMemory();
  await run(flash.erase(0, 16));
  flash.complete(0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  clock.after(1.5, () => power.off());
  await expect(run(flash.settle())).rejects.toBeInstanceOf(PowerLost);
  // The first page whole, half of the second and a byte of it torn (07 | a5), nothing of the third.
  expect(hex(flash.read(0, 12))).toBe("010203040506a7ffffffffff");
});
