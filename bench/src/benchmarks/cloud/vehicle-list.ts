import type { BenchCloud } from "./bench-cloud.ts";
import { loadFigures, rssFigure, type CloudResult } from "./cloud-result.ts";
import { load } from "./load.ts";
import { requestBytes } from "./request-bytes.ts";
import { MODELS, REGIONS } from "./seed.ts";

const SORTS = ["-lastSeenAt", "year", "-vehicleId"];

/** Pages that an operator looks at: 50 of the fleet, by model, region or both, in several orders. */
const QUERIES = SORTS.flatMap((sort) => [
  ...MODELS.map((model) => `limit=50&model=${model}&sort=${sort}`),
  ...REGIONS.map((region) => `limit=50&region=${region}&sort=${sort}`),
  `limit=50&model=${MODELS[0]}&region=${REGIONS[0]}&sort=${sort}`,
]);

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
  const next = (): Buffer => requests[asked++ % requests.length]!;
  // One operator, who waits for the page.
  const common = { url: cloud.url, connections: 1, pipelining: 1, next };
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
