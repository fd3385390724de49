import { rounded } from "../delta/statistics.ts";
import { againstCeiling } from "./against-ceiling.ts";
import type { BenchCloud } from "./bench-cloud.ts";
import { loadFigures, rssFigure, type CloudResult } from "./cloud-result.ts";
import { load } from "./load.ts";
import { requestBytes } from "./request-bytes.ts";

/** Vehicles ask what they may get: authenticated, each time another of them, and get nothing. */
export async function updateChecks(bench: BenchCloud): Promise<CloudResult[]> {
  const { fleet, cloud, store, options } = bench;
  const { connections, pipelining } = options;
  const requests = fleet.tokens.map((token) => requestBytes("GET", "/api/v1/device/offer", { token }));
  let asked = 0;
  const next = (): Buffer => requests[asked++ % requests.length]!;
  // A fleet asks again and again; the first time after a start is told by itself.
  const first = await load({ url: cloud.url, connections, pipelining, next, requests: requests.length });
  const { ceiling, measured, ratio } = await againstCeiling(bench, next);
  return [
    {
      name: "ceiling",
      store: "none",
      unit: "requests",
      ...loadFigures(ceiling),
      rssMb: rssFigure(await bench.ceiling.peakRssMb()),
      ratio: 1,
    },
    {
      name: "update-checks-first",
      store: store.name,
      unit: "requests",
      ...loadFigures(first),
      rssMb: rssFigure(await cloud.peakRssMb()),
      ratio: null,
    },
    {
      name: "update-checks",
      store: store.name,
      unit: "requests",
      ...loadFigures(measured),
      rssMb: rssFigure(await cloud.peakRssMb()),
      ratio: rounded(ratio, 3),
    },
  ];
}
