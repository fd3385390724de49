import { BenchError } from "../../bench-error.ts";
import { cloudArgs, type BenchCloud } from "./bench-cloud.ts";
import { rssFigure, type CloudResult } from "./cloud-result.ts";
import { loadFigures } from "./cloud-result.ts";
import { load } from "./load.ts";
import { startProgram } from "./programs.ts";
import { requestBytes } from "./request-bytes.ts";

/** Vehicles that ask both instances at once. */
const ASKING = 5000;

/** Two clouds on one PostgreSQL: each vehicle asks both for its job, and each job is offered once. */
export async function twoInstances(bench: BenchCloud): Promise<CloudResult[]> {
  const { store, cloud, fleet, options } = bench;
  if (store.name !== "postgres") return [];
  const second = await startProgram("cloud", cloudArgs(await store.secondInstance()));
  try {
    const tokens = fleet.tokens.slice(0, ASKING);
    const requests = tokens.map((token) => requestBytes("GET", "/api/v1/device/offer", { token }));
    const askAll = (url: string) => {
      let asked = 0;
      const next = (): Buffer => requests[asked++ % requests.length]!;
      return load({ url, connections: 16, pipelining: 1, seconds: options.seconds, next });
    };
    const [measured] = await Promise.all([askAll(cloud.url), askAll(second.url)]);
    const offered = await offersOf(bench);
    return [
      {
        name: "two-instances",
        store: store.name,
        unit: "requests",
        ...loadFigures(measured),
        rssMb: rssFigure(await second.peakRssMb()),
        ratio: null,
        ...offered,
      },
    ];
  } finally {
    await second.stop();
  }
}

/** @throws {BenchError} `UNEXPECTED_RESULT` where a job was offered, or made, twice */
async function offersOf({ store }: BenchCloud): Promise<{ jobsOffered: number; offeredTwice: number }> {
  const db = await store.openDatabase();
  try {
    const audited = await db
      .selectFrom("auditEntries")
      .select((eb) => ["subjectId", eb.fn.countAll<number>().as("times")])
      .where("action", "=", "job.offered")
      .groupBy("subjectId")
      .execute();
    const twice = audited.filter(({ times }) => times > 1).length;
    if (twice > 0) throw new BenchError("UNEXPECTED_RESULT", `${twice} jobs were offered twice`);
    return { jobsOffered: audited.length, offeredTwice: twice };
  } finally {
    await db.destroy();
  }
}
