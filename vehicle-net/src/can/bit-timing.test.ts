import fc from "fast-check";
import { expect, test } from "vitest";
import { bitsMs, frameBits, frameTimeMs } from "./bit-timing.ts";
import type { CanFrame } from "./frame.ts";

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

// Counted by hand. id 0 without data: 34 dominant bits (CRC-15 of zeros is zero) have 6 stuff bits: 34 + 6 + 13.
const counted: { name: string; frame: CanFrame; nominalBits: number; dataBits: number }[] = [
  { name: "classic, id 0, empty", frame: { id: 0, data: bytes(0, 0) }, nominalBits: 53, dataBits: 0 },
  {
    name: "FD without data, id 0: 14 dominant bits need 2, the five at the end none",
    frame: { id: 0, data: bytes(0, 0), fd: true, brs: true },
    nominalBits: 29 + 2,
    dataBits: 5 + 4 + 17 + 6 + 1,
  },
  {
    name: "FD with one byte 00, id 0: the DLC 0001 ends a run of four, the data needs 1",
    frame: { id: 0, data: bytes(1, 0), fd: true, brs: true },
    nominalBits: 29 + 2,
    dataBits: 5 + 8 + 4 + 17 + 6 + 1 + 1,
  },
  {
    name: "FD without bit rate switch is nominal throughout; BRS, ESI, DLC dominant: 6 bits need 1",
    frame: { id: 0, data: bytes(0, 0), fd: true },
    nominalBits: 29 + 2 + 1 + 33,
    dataBits: 0,
  },
  {
    name: "FD with 64 bytes 55, id 0x555: no run of five anywhere",
    frame: { id: 0x555, data: bytes(64, 0x55), fd: true, brs: true },
    nominalBits: 29,
    dataBits: 550,
  },
  {
    name: "FD 29 bit with 64 bytes 55, id 0x15555555",
    frame: { id: 0x1555_5555, extended: true, data: bytes(64, 0x55), fd: true, brs: true },
    nominalBits: 48,
    dataBits: 550,
  },
];

test.each(counted)("V1 $name", ({ frame, nominalBits, dataBits }) => {
  expect(frameBits(frame)).toEqual({ nominalBits, dataBits });
});

/** The same rules written a second time, as text: bits as characters, stuffing by a regular expression. */
function classicBitsAsText(frame: CanFrame): number {
  const bin = (value: number, width: number): string => value.toString(2).padStart(width, "0");
  const identifier =
    frame.extended === true
      ? `${bin(frame.id >>> 18, 11)}11${bin(frame.id & 0x3ffff, 18)}000`
      : `${bin(frame.id, 11)}000`;
  const data = Array.from(frame.data, (byte) => bin(byte, 8)).join("");
  const covered = `0${identifier}${bin(frame.data.length, 4)}${data}`;
  let remainder = BigInt(`0b${covered}`) << 15n;
  for (let top = covered.length + 14; top >= 15; top -= 1) {
    if (((remainder >> BigInt(top)) & 1n) === 1n) remainder ^= 0xc599n << BigInt(top - 15);
  }
  let stuffed = "";
  for (const bit of covered + remainder.toString(2).padStart(15, "0")) {
    stuffed += bit;
    if (/(?:0{5}|1{5})$/u.test(stuffed)) stuffed += bit === "0" ? "1" : "0";
  }
  return stuffed.length + "1".length + "01".length + 7 + 3;
}

const anyId = fc.oneof(
  fc.record({ id: fc.integer({ min: 0, max: 0x7ff }), extended: fc.constant(false) }),
  fc.record({ id: fc.integer({ min: 0, max: 0x1fff_ffff }), extended: fc.constant(true) }),
);
// Long runs are what stuffing is about; uniform bytes hardly have any.
const anyByte = fc.oneof(
  fc.constantFrom(0x00, 0xff, 0x0f, 0xf0, 0x1f, 0x87),
  fc.integer({ min: 0, max: 255 }),
);
const anyData = (lengths: number[]): fc.Arbitrary<Uint8Array> =>
  fc
    .constantFrom(...lengths)
    .chain((length) => fc.array(anyByte, { minLength: length, maxLength: length }))
    .map((values) => Uint8Array.from(values));
const classicFrame = fc
  .tuple(anyId, anyData([0, 1, 2, 3, 4, 5, 6, 7, 8]))
  .map(([id, data]): CanFrame => ({ ...id, data }));
const fdFrame = fc
  .tuple(anyId, anyData([0, 1, 7, 8, 12, 16, 20, 24, 32, 48, 64]), fc.boolean())
  .map(([id, data, esi]): CanFrame => ({ ...id, data, esi, fd: true, brs: true }));

test("V1 a classic frame has as many bits as the rules applied to text give", () => {
  fc.assert(fc.property(classicFrame, (frame) => frameBits(frame).nominalBits === classicBitsAsText(frame)));
});

test("V1 every classic frame lies within 47 + 8n (67 + 8n) and its worst stuffing (Davis et al. 2007)", () => {
  fc.assert(
    fc.property(classicFrame, (frame) => {
      const n = frame.data.length;
      const [fixed, stuffable] = frame.extended === true ? [67, 54] : [47, 34];
      const { nominalBits, dataBits } = frameBits(frame);
      expect(dataBits).toBe(0);
      expect(nominalBits).toBeGreaterThanOrEqual(fixed + 8 * n);
      expect(nominalBits).toBeLessThanOrEqual(fixed + 8 * n + Math.floor((stuffable + 8 * n - 1) / 4));
    }),
  );
});

test("V1 every FD frame lies within the bounds of Mutter & Hartwich (iCC 2015)", () => {
  fc.assert(
    fc.property(fdFrame, (frame) => {
      const n = frame.data.length;
      const [fixed, stuffable] = frame.extended === true ? [48, 41] : [29, 22];
      const dataPhase = n <= 16 ? 5 + 8 * n + 4 + 17 + 6 + 1 : 5 + 8 * n + 4 + 21 + 7 + 1;
      const { nominalBits, dataBits } = frameBits(frame);
      expect(nominalBits).toBeGreaterThanOrEqual(fixed);
      expect(nominalBits).toBeLessThanOrEqual(fixed + Math.floor((stuffable - 5 - 1) / 4));
      expect(dataBits).toBeGreaterThanOrEqual(dataPhase);
      const stuffBits = nominalBits - fixed + dataBits - dataPhase;
      expect(stuffBits).toBeLessThanOrEqual(Math.floor((stuffable + 8 * n - 1) / 4));
    }),
  );
});

test("V1 random 8-byte payloads to a usual diagnostic identifier take about 116 bits", () => {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  const sizes = Array.from({ length: 4000 }, () => {
    const frame = { id: 0x7e0, data: Uint8Array.from({ length: 8 }, random) };
    return frameBits(frame).nominalBits;
  });
  const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  expect(average).toBeGreaterThan(115);
  expect(average).toBeLessThan(117);
});

test("V1 bytes of four equal bits after an unlucky identifier come near the bound of 33 + 679 bits", () => {
  const frame: CanFrame = { id: 0x078, data: bytes(64, 0x87), fd: true, brs: true };
  const { nominalBits, dataBits } = frameBits(frame);
  expect(nominalBits + dataBits).toBeGreaterThanOrEqual(33 + 679 - 2);
});

test("V1 frame time adds both phases at their own rates", () => {
  const rates = { bitrate: 500_000, dataBitrate: 2_000_000 };
  expect(bitsMs({ nominalBits: 29, dataBits: 550 }, rates)).toBe(0.058 + 0.275);
  expect(frameTimeMs({ id: 0, data: bytes(0, 0) }, { bitrate: 500_000 })).toBe(0.106);
  expect(frameTimeMs({ id: 0x555, data: bytes(64, 0x55), fd: true, brs: true }, { bitrate: 500_000 })).toBe(
    0.058 + 1.1,
  );
});
