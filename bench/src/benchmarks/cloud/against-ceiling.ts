import { median } from "../delta/statistics.ts";
import type { BenchCloud } from "./bench-cloud.ts";
import { load, type LoadResult } from "./load.ts";
import { requestBytes } from "./request-bytes.ts";

/** Until the code that a request passes is compiled: a server with work has more of it. */
const WARM_UP_S = 5;
const PLAIN = requestBytes("GET", "/");

/**
 * Loads the cloud and the ceiling in turns, so that both see the same machine.
 * @returns the round in the middle of each, and the median ratio
 */
export async function againstCeiling(
  { options, cloud, ceiling }: BenchCloud,
  next: () => Buffer,
): Promise<{ ceiling: LoadResult; measured: LoadResult; ratio: number }> {
  const { rounds, seconds, connections, pipelining } = options;
  const common = { connections, pipelining, seconds: seconds / rounds };
  const plain = { ...common, url: ceiling.url, next: () => PLAIN };
  const work = { ...common, url: cloud.url, next };
  for (const warmUp of [plain, work]) await load({ ...warmUp, seconds: WARM_UP_S });
  const pairs: { ceiling: LoadResult; measured: LoadResult; ratio: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const top = await load(plain);
    const measured = await load(work);
    pairs.push({ ceiling: top, measured, ratio: measured.perSecond / top.perSecond });
  }
  return {
    ceiling: middle(pairs.map((pair) => pair.ceiling)),
    measured: middle(pairs.map((pair) => pair.measured)),
    ratio: median(pairs.map((pair) => pair.ratio)),
  };
}

const middle = (results: readonly LoadResult[]): LoadResult =>
  results.toSorted((a, b) => a.perSecond - b.perSecond)[results.length >> 1]!;
