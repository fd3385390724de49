import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * Time in which the CPUs had nothing to do, in ms. The busy times of /proc/stat are sampled by the tick, which misses what
 * timers start (kernel ISO-TP most of all); idle time is measured.
 */
function idleMs(): number {
  // cpu user nice system idle iowait …, in ticks of 10 ms (proc(5))
  const [, , , , idle = 0, iowait = 0] = readFileSync("/proc/stat", "utf8").split(/\s+/u).map(Number);
  return (idle + iowait) * 10;
}

export interface Load {
  readonly seconds: number;
  /** Of the whole machine: what the kernel does for a socket belongs to no process. */
  readonly cpuMs: number;
}

/** Runs something and tells how long it took and what it cost the machine. */
export async function measureLoad(work: () => Promise<void>): Promise<Load> {
  const startMs = performance.now();
  const startIdleMs = idleMs();
  await work();
  const elapsedMs = performance.now() - startMs;
  const cpuMs = Math.max(elapsedMs * availableParallelism() - (idleMs() - startIdleMs), 0);
  return { seconds: elapsedMs / 1000, cpuMs };
}
