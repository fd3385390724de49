import type { BenchCloud } from "./bench-cloud.ts";
import { loadFigures, rssFigure, type CloudResult } from "./cloud-result.ts";
import { load } from "./load.ts";
import { requestBytes } from "./request-bytes.ts";

/** Lists that an operator's page asks for, 50 of the fleet each. */
const QUERIES = Array.from({ length: 50 }, (_, depot) => `limit=50&group=depot-${depot}`);

export async function vehicleList({
  options,
  cloud,
  store,
  operatorKey,
}: BenchCloud): Promise<CloudResult[]> {
  const requests = QUERIES.map((query) =>
    requestBytes("GET", `/api/v1/vehicles?${query}`, { token: operatorKey }),
  );
  let asked = 0;
  // As many operators as look at once; each waits for its page.
  const common = { url: cloud.url, connections: 4, pipelining: 1, next: () => requests[asked++ % 50]! };
  await load({ ...common, seconds: 1 });
  const measured = await load({ ...common, seconds: options.seconds });
  return [
    {
      name: "vehicle-list",
      store: store.name,
      unit: "requests",
      ...loadFigures(measured),
      rssMb: rssFigure(await cloud.peakRssMb()),
      ratio: null,
    },
  ];
}
