import { readFileSync } from "node:fs";

/** CPU time of the whole machine since it started, in ms: what the kernel does for a socket belongs to no process. */
function busyMs(): number {
  // user nice system idle iowait irq softirq steal, in ticks of 10 ms (proc(5))
  const [, user, nice, system, , , irq, softirq] = readFileSync("/proc/stat", "utf8")
    .split(/\s+/u)
    .map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((sum, ticks) => sum + (ticks ?? 0) * 10, 0);
}

export interface Load {
  readonly seconds: number;
  readonly cpuMs: number;
}

/** Runs something and tells how long it took and what it cost the machine. */
export async function measureLoad(work: () => Promise<void>): Promise<Load> {
  const startMs = performance.now();
  const startBusyMs = busyMs();
  await work();
  return { seconds: (performance.now() - startMs) / 1000, cpuMs: busyMs() - startBusyMs };
}
