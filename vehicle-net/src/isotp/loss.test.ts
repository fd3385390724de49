import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../clock/index.ts";
import { openIsoTpChannel } from "./channel.ts";
import { IsoTpError, type IsoTpFault } from "./error.ts";
import type { IsoTpOptions } from "./options.ts";
import { singleFrameCapacity } from "./pci.ts";
import { TestWire, type Fate } from "./test-wire.ts";
import { hex } from "./testing.ts";

/**
 * ISO-TP has neither checksum nor end-to-end acknowledgement. What it can promise, and what is tested here: no message
 * arrives altered, every send and every reception ends within its time-outs, and where a segmented message does not
 * arrive at least one end says so. The sender can only notice what a later flow control would have told; a lost
 * single frame is noticed by the layer above.
 */
interface Outcome {
  readonly sends: (number | IsoTpFault)[];
  readonly messages: string[];
  readonly faults: IsoTpFault[];
  readonly endedMs: number;
}

async function exchange(
  messages: readonly Uint8Array[],
  options: Partial<IsoTpOptions>,
  fate: (index: number) => Fate,
): Promise<Outcome> {
  const clock = new VirtualClock();
  const wire = new TestWire(clock, { fate });
  const open = (txId: number, rxId: number) =>
    openIsoTpChannel(wire.attach(), clock, { addressing: { mode: "normal", txId, rxId }, ...options });
  const tester = open(0x7e0, 0x7e8);
  const received: string[] = [];
  const faults: IsoTpFault[] = [];
  open(0x7e8, 0x7e0).subscribe({
    message: (message) => received.push(hex(message)),
    failed: (error) => error instanceof IsoTpError && faults.push(error.fault),
  });
  const attempts = messages.map((message) => tester.send(message).catch(faultOf));
  const sends = await clock.run(Promise.all(attempts), { capMs: 60_000 });
  const endedMs = clock.now();
  await clock.advance(2500); // N_Ar and N_Cr of an orphaned reception.
  return { sends, messages: received, faults, endedMs };
}

function faultOf(error: unknown): IsoTpFault {
  if (error instanceof IsoTpError) return error.fault;
  throw error;
}

/** Bytes that tell which message and which place they come from. */
function marked(message: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (message * 101 + index * 7) & 0xff);
}

const anyOptions = fc.record({
  txDl: fc.constantFrom(8, 12, 64),
  padding: fc.constantFrom(0xcc, false as const),
  blockSize: fc.constantFrom(0, 1, 2, 5, 16),
  stMinMs: fc.constantFrom(0, 0, 0.3, 2),
  framesAhead: fc.constantFrom(1, 2, 32),
});

const anyLengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 65, max: 500 })), {
  minLength: 1,
  maxLength: 3,
});

test("V2 without faults every message arrives intact, whatever its length and segmentation", async () => {
  await fc.assert(
    fc.asyncProperty(anyLengths, anyOptions, async (lengths, options) => {
      const messages = lengths.map((length, index) => marked(index, length));
      const outcome = await exchange(messages, options, () => "arrives");
      expect(outcome.messages).toEqual(messages.map(hex));
      expect(outcome.faults).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

const anyFates = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 60 }),
    fc.constantFrom<Fate>("is lost", "arrives twice", "is overtaken", "is refused", "stays"),
  ),
  { minLength: 1, maxLength: 6 },
);

test("V2 with frames lost, repeated, overtaken or refused a message arrives intact or an end reports it", async () => {
  await fc.assert(
    fc.asyncProperty(anyLengths, anyOptions, anyFates, async (lengths, options, fates) => {
      const planned = new Map(fates);
      const messages = lengths.map((length, index) => marked(index, length));
      // After the messages under attack one more, undisturbed: neither end may be left in a wrong state.
      const last = marked(9, 30);
      const outcome = await exchange(
        [...messages, last],
        options,
        (index) => planned.get(index) ?? "arrives",
      );
      const sent = new Set([...messages, last].map(hex));
      for (const message of outcome.messages) expect(sent).toContain(message);
      const missing = messages.filter(
        (message) =>
          message.length > singleFrameCapacity(options.txDl, 0) && !outcome.messages.includes(hex(message)),
      );
      const reports = outcome.faults.length + outcome.sends.filter((end) => typeof end === "string").length;
      expect(reports).toBeGreaterThanOrEqual(missing.length);
      expect(outcome.endedMs).toBeLessThan((lengths.length + 1) * 2000 + 2000);
    }),
    { numRuns: 300 },
  );
});

describe("losing every frame of an exchange in turn", () => {
  // FF, FC, CF, CF, FC, CF, CF, FC, CF: 6 + 5 × 7 bytes with BS 2.
  const message = marked(1, 41);
  test.each<[number, string, (IsoTpFault | number)[], IsoTpFault[]]>([
    [0, "FF", ["N_TIMEOUT_Bs"], []],
    [1, "FC after FF", ["N_TIMEOUT_Bs"], ["N_TIMEOUT_Cr"]],
    [2, "first CF of a block", ["N_TIMEOUT_Bs"], ["N_WRONG_SN"]],
    [3, "last CF of a block", ["N_TIMEOUT_Bs"], ["N_TIMEOUT_Cr"]],
    [4, "FC between blocks", ["N_TIMEOUT_Bs"], ["N_TIMEOUT_Cr"]],
    // No flow control follows the last block: the sender cannot know.
    [8, "last CF", [2.25], ["N_TIMEOUT_Cr"]],
  ])("V2 frame %i (%s) is noticed", async (lost, _, sends, faults) => {
    const outcome = await exchange([message], { blockSize: 2 }, (index) =>
      index === lost ? "is lost" : "arrives",
    );
    expect(outcome).toMatchObject({ sends, faults, messages: [] });
  });
});

test("V2 sixteen frames lost in a row leave the sequence numbers right; only the missing length tells", async () => {
  const outcome = await exchange([marked(1, 6 + 40 * 7)], {}, (index) =>
    index >= 10 && index < 26 ? "is lost" : "arrives",
  );
  expect(outcome.messages).toEqual([]);
  expect(outcome.faults).toEqual(["N_TIMEOUT_Cr"]);
});

test("V2 a message whose sixteen frames were lost does not swallow frames of the next", async () => {
  const next = marked(2, 300);
  const outcome = await exchange([marked(1, 6 + 40 * 7), next], {}, (index) =>
    index >= 10 && index < 26 ? "is lost" : "arrives",
  );
  expect(outcome.faults).toEqual(["N_UNEXP_PDU"]);
  expect(outcome.messages).toEqual([hex(next)]);
});
