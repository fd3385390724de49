import { BenchError } from "../../bench-error.ts";
import type { BenchCloud } from "./bench-cloud.ts";
import { loadFigures, rssFigure, type CloudResult } from "./cloud-result.ts";
import { load } from "./load.ts";
import { requestBytes } from "./request-bytes.ts";

/** Vehicles ask for the first time since a campaign was started: each is made an offer. The last ones, in no other case. */
export async function offers({ fleet, cloud, store, options }: BenchCloud): Promise<CloudResult[]> {
  const { connections, seconds } = options;
  const tokens = fleet.tokens.slice(-Math.ceil(fleet.vehicles / 2)).toReversed();
  const requests = tokens.map((token) => requestBytes("GET", "/api/v1/device/offer", { token }));
  let asked = 0;
  const measured = await load({
    url: cloud.url,
    connections,
    pipelining: 1,
    seconds,
    requests: requests.length,
    next: () => requests[asked++]!,
    onAnswer: ({ status, body }) => {
      if (status === 200 && body().includes('"jobId"')) return;
      throw new BenchError("UNEXPECTED_RESULT", `a vehicle was offered nothing (${status}): ${body()}`);
    },
  });
  return [
    {
      name: "offers",
      store: store.name,
      unit: "requests",
      ...loadFigures(measured),
      rssMb: rssFigure(await cloud.peakRssMb()),
      ratio: null,
    },
  ];
}
