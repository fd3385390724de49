import { parseArgs } from "node:util";
import { BenchError } from "../bench-error.ts";
import { compareFlash } from "../benchmarks/delta/delta-flash.ts";
import { FIRMWARE_PAIRS } from "../benchmarks/delta/pairs.ts";
import { cutPower } from "../benchmarks/delta/power-cuts.ts";

const HELP = `usage: scripts/run.sh bench delta-power [--json] [--cuts N] [--seed N]

Flashes the simulated ECUs of the two Trusted Firmware pairs over a virtual bus, as full images and as ECU deltas, and
compares the bytes. Then cuts an ECU's power at N (500) random bytes of a delta's transfer: with the blocks of the
demo's ECU, with blocks of 512 bytes, and at a tenth as many where the ECU keeps no snapshots of its decoder.

Exit status 1 where a run does not end with the new image, a sector is erased twice, or with snapshots more than one
block of the patch crosses the bus again.`;

const TRUSTED_FIRMWARE = FIRMWARE_PAIRS.filter(({ name }) => name !== "engine");
const CAMPAIGNS = [
  { snapshots: true, maxBlockBytes: 4095, share: 1 },
  { snapshots: true, maxBlockBytes: 512, share: 1 },
  { snapshots: false, maxBlockBytes: 512, share: 0.1 },
] as const;
const DEFAULT_CUTS = 500;
const DEFAULT_SEED = 4;

export async function deltaPower(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      cuts: { type: "string" },
      seed: { type: "string" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const cuts = count("cuts", values.cuts, DEFAULT_CUTS);
  const seed = count("seed", values.seed, DEFAULT_SEED);
  const say = (kind: string, result: object, sentence: string): void =>
    console.log(values.json === true ? JSON.stringify({ kind, ...result }) : sentence);

  let fullBytes = 0;
  let deltaBytes = 0;
  for (const pair of TRUSTED_FIRMWARE) {
    const result = await compareFlash(pair);
    const { full, delta, ratio } = result;
    fullBytes += full.udsBytes;
    deltaBytes += delta.udsBytes;
    say(
      "flash",
      result,
      `${pair.name}: ${full.udsBytes} bytes of UDS in ${full.seconds} s as a full image, ` +
        `${delta.udsBytes} in ${delta.seconds} s as a delta: ${ratio}`,
    );
  }
  const ratio = Number((deltaBytes / fullBytes).toFixed(4));
  say("flashes", { fullBytes, deltaBytes, ratio }, `both: ${ratio}`);

  let isGood = true;
  const [pair] = TRUSTED_FIRMWARE;
  for (const { snapshots, maxBlockBytes, share } of CAMPAIGNS) {
    const options = { cuts: Math.ceil(cuts * share), seed, snapshots, maxBlockBytes };
    const result = await cutPower(pair!, options);
    const { rightImages, byDelta, sectorsErasedAgain, maxRepeatedBlocks, meanRepeatedBlocks } = result;
    const allRight = rightImages === result.cuts && byDelta === result.cuts && sectorsErasedAgain === 0;
    isGood &&= allRight && (!snapshots || maxRepeatedBlocks <= 1);
    say(
      "power-cuts",
      result,
      `${result.cuts} power cuts ${snapshots ? "with" : "without"} snapshots, blocks of ${maxBlockBytes}: ${rightImages} end with the new image, ` +
        `${byDelta} of them by delta; ${sectorsErasedAgain} sectors erased again; ` +
        `blocks sent again: ${meanRepeatedBlocks} on average, ${maxRepeatedBlocks} at most`,
    );
  }
  return isGood ? 0 : 1;
}

function count(name: string, text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (Number.isInteger(value) && value > 0) return value;
  throw new BenchError("BAD_OPTION", `--${name} ${text} is not a number from 1`);
}
