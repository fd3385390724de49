import type { BenchCloud } from "./bench-cloud.ts";
import { loadFigures, rssFigure, type CloudResult } from "./cloud-result.ts";
import { load } from "./load.ts";
import { requestBytes } from "./request-bytes.ts";

const BATCH = 100;
/** Every so manieth batch is sent a second time, as a vehicle does that saw no answer. */
const RESEND_EVERY = 20;

/** Batches of events of different vehicles; some come twice. Only what was stored anew counts. */
export async function telemetry({ options, fleet, cloud, store }: BenchCloud): Promise<CloudResult[]> {
  const { connections, pipelining, seconds } = options;
  let batches = 0;
  let last: Buffer | undefined;
  const next = (): Buffer => {
    batches += 1;
    if (last && batches % RESEND_EVERY === 0) return last;
    const number = batches % fleet.vehicles;
    last = requestBytes("POST", "/api/v1/device/events", {
      token: fleet.tokens[number]!,
      json: heartbeats(batches, BATCH),
    });
    return last;
  };
  const common = { url: cloud.url, connections: Math.min(connections, 32), pipelining, next };
  await load({ ...common, seconds: 1 });
  let accepted = 0;
  let duplicates = 0;
  const onAnswer: Parameters<typeof load>[0]["onAnswer"] = ({ body }) => {
    const text = body();
    accepted += Number(/"accepted":(\d+)/.exec(text)?.[1] ?? 0);
    duplicates += Number(/"duplicates":(\d+)/.exec(text)?.[1] ?? 0);
  };
  const measured = await load({ ...common, seconds, onAnswer });
  return [
    {
      name: "telemetry",
      store: store.name,
      unit: "events",
      ...loadFigures(measured),
      perSecond: Math.round((accepted / measured.answers) * measured.perSecond),
      rssMb: rssFigure(await cloud.peakRssMb()),
      ratio: null,
      batch: BATCH,
      duplicates,
    },
  ];
}

/** A batch of a stream of its own. */
export function heartbeats(stream: number, count: number): string {
  const streamEpoch = `${stream.toString(16).padStart(8, "0")}-0000-7000-8000-000000000000`;
  const at = Date.now();
  const events: string[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const eventId = `${streamEpoch.slice(0, 24)}${seq.toString(16).padStart(12, "0")}`;
    events.push(
      `{"eventId":"${eventId}","streamEpoch":"${streamEpoch}","seq":${seq},"at":${at},"monotonicMs":${seq},` +
        `"bootId":"${streamEpoch}","clockTrusted":true,"type":"heartbeat"}`,
    );
  }
  return `{"events":[${events.join(",")}]}`;
}
