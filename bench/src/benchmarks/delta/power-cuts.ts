import { InstallerError } from "@halfshaft/edge-agent/installer";
import { type ImagePair, randomSource } from "@halfshaft/ota-format/delta";
import { type EcuProfile, profileNamed } from "@halfshaft/vehicle-net/ecu";
import { deltaRig, patchFor } from "./delta-rig.ts";
import type { NamedPair } from "./pairs.ts";
import { rounded } from "./statistics.ts";

export interface PowerCutOptions {
  readonly cuts: number;
  readonly seed: number;
  /** Whether the ECU keeps snapshots of its decoder. */
  readonly snapshots: boolean;
  readonly maxBlockBytes: number;
}

/** When the power goes, and for how long. */
interface PowerCut {
  /** This byte of the patch has just crossed the bus… */
  readonly byte: number;
  /** …and so much later the power goes: pages may be torn then. */
  readonly delayMs: number;
  readonly offMs: number;
}

/** How one cut ended. */
interface CutOutcome {
  readonly isRight: boolean;
  readonly isDelta: boolean;
  readonly sectorsErasedAgain: number;
  /** Blocks of the patch that crossed the bus before the cut, wholly or in part, and again after it. */
  readonly repeatedBlocks: number;
}

/** What many cuts came to. */
export interface PowerCutResult {
  readonly pair: string;
  readonly snapshots: boolean;
  /** maxNumberOfBlockLength of the ECU. */
  readonly maxBlockBytes: number;
  readonly patchBytes: number;
  readonly cuts: number;
  /** Runs that ended with the new image in the ECU's other bank, its digest and signature checked by the ECU. */
  readonly rightImages: number;
  /** Of these, runs in which only the patch crossed the bus. */
  readonly byDelta: number;
  /** Sectors that were erased more than once in a run; all runs together. */
  readonly sectorsErasedAgain: number;
  readonly maxRepeatedBlocks: number;
  readonly meanRepeatedBlocks: number;
}

/** Service identifier and block sequence counter, which maxNumberOfBlockLength includes. */
const BLOCK_HEADER_BYTES = 2;
const MAX_DELAY_MS = 40;
const MAX_OFF_MS = 4000;
const ATTEMPTS = 5;

/**
 * Cuts an ECU's power in the middle of a delta's transfer, switches it on again, and lets the gateway install
 * again; once per cut, each with a new ECU. The bytes are drawn at random, by formula.
 */
export async function cutPower(
  { name, load }: NamedPair,
  { cuts, seed, snapshots, maxBlockBytes }: PowerCutOptions,
): Promise<PowerCutResult> {
  const pair = await load();
  const patch = await patchFor(pair);
  const demo = profileNamed(name);
  const transfer = { ...demo.transfer, deltaSnapshots: snapshots, maxBlockBytes };
  const profile = { ...demo, transfer };
  const random = randomSource(seed);
  const outcomes: CutOutcome[] = [];
  while (outcomes.length < cuts) {
    const cut = {
      byte: 1 + Math.floor(random() * patch.length),
      delayMs: outcomes.length % 2 === 0 ? 0 : random() * MAX_DELAY_MS,
      offMs: random() * MAX_OFF_MS,
    };
    const outcome = await cutOnce(pair, patch, profile, cut);
    if (outcome !== undefined) outcomes.push(outcome);
  }
  const sum = (of: (outcome: CutOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    pair: name,
    snapshots,
    maxBlockBytes,
    patchBytes: patch.length,
    cuts,
    rightImages: sum(({ isRight }) => Number(isRight)),
    byDelta: sum(({ isDelta }) => Number(isDelta)),
    sectorsErasedAgain: sum(({ sectorsErasedAgain }) => sectorsErasedAgain),
    maxRepeatedBlocks: Math.max(...outcomes.map(({ repeatedBlocks }) => repeatedBlocks)),
    meanRepeatedBlocks: rounded(sum(({ repeatedBlocks }) => repeatedBlocks) / cuts, 2),
  };
}

/** Undefined where the installation was over before the power went. */
async function cutOnce(
  pair: ImagePair,
  patch: Uint8Array,
  profile: EcuProfile,
  { byte, delayMs, offMs }: PowerCut,
): Promise<CutOutcome | undefined> {
  const { clock, wire, ecu, installer, traffic, deltaImage } = await deltaRig(pair, patch, profile);
  const wearBefore = ecu.state().wear.B;
  let bytesBefore = Number.NaN;
  const unsubscribe = wire.onFrame(() => {
    if (traffic.transferBytes < byte) return;
    unsubscribe();
    clock.after(delayMs, () => {
      bytesBefore = traffic.transferBytes;
      ecu.powerOff();
      clock.after(offMs, () => ecu.powerOn());
    });
  });
  let kind: string | undefined;
  let resumedAtBytes = 0;
  let attempts = 0;
  for (; attempts < ATTEMPTS && kind === undefined; attempts++) {
    try {
      ({ kind, resumedAtBytes } = await clock.run(installer.install(deltaImage)));
    } catch (error) {
      if (!(error instanceof InstallerError)) throw error;
      await clock.advance(offMs + profile.boot.startMs);
    }
  }
  const state = ecu.state();
  await clock.run(installer.close());
  ecu.close();
  // Power that went after the last answer cut nothing off: the first attempt was the only one.
  if (Number.isNaN(bytesBefore) || attempts === 1) return undefined;
  const again = state.wear.B.filter((cycles, sector) => cycles - (wearBefore[sector] ?? 0) > 1);
  const blockBytes = profile.transfer.maxBlockBytes - BLOCK_HEADER_BYTES;
  return {
    isRight: state.imageSha256Of("B") === deltaImage.sha256,
    isDelta: kind === "detools",
    sectorsErasedAgain: again.length,
    repeatedBlocks: Math.ceil(Math.max(bytesBefore - resumedAtBytes, 0) / blockBytes),
  };
}
