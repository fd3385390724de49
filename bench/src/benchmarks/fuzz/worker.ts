import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { FuzzRun } from "./fuzz-run.ts";
import { targetNamed } from "./targets.ts";
import type { FuzzNews, FuzzOrder } from "./watch.ts";

/** Runs one target to its end; see `watch.ts`. */

const HEARTBEAT_INPUTS = 5000;
/** Parts of a run after each of which the heap is measured. */
const PARTS = 10;
/** What a heap may grow from the first part of a run to a later one. */
const GROWTH_BYTES = 24 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

function heapBytes(): number {
  if (typeof collect === "function") collect();
  return process.memoryUsage().heapUsed;
}

const order = workerData as FuzzOrder;
const tell = (news: FuzzNews): void => parentPort?.postMessage(news, []);
const startMs = performance.now();
const target = targetNamed(order.target);
const run = new FuzzRun(order.seed, order.inputs, target.states);
const unhandled = (error: unknown): void => run.fail("a promise was rejected and nobody cared", error);
process.on("unhandledRejection", unhandled);

const heaps: number[] = [];
for (let told = 0; !run.isDone;) {
  run.begin();
  try {
    await target.play(run);
  } catch (error) {
    run.fail("a conversation threw", error);
  }
  if (run.inputs >= told + HEARTBEAT_INPUTS) {
    told = run.inputs;
    tell({ kind: "alive", inputs: told });
  }
  if (run.inputs >= ((heaps.length + 1) * order.inputs) / PARTS) heaps.push(heapBytes());
}
const [first = 0] = heaps;
const heapGrowthBytes = Math.max(...heaps) - first;
if (heapGrowthBytes > GROWTH_BYTES) run.fail(`the heap grew by ${heapGrowthBytes} bytes`);
const seconds = (performance.now() - startMs) / 1000;
const { target: name, seed } = order;
tell({
  kind: "done",
  result: { target: name, ...run.counts(), heapGrowthBytes, seconds, seed },
  shown: run.shown,
});
