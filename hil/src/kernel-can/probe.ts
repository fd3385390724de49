import { readFile } from "node:fs/promises";
import { HilError } from "../hil-error.ts";
import { runTool } from "./run-tool.ts";

/** Whether this very kernel will do, or why not. */
export type Probe = { readonly usable: true } | { readonly usable: false; readonly because: string };

/** Tries it: makes a virtual CAN interface and takes it away again, and looks for kernel ISO-TP. */
export async function probeKernel(): Promise<Probe> {
  if (process.platform !== "linux") return no(`this is ${process.platform}, not Linux`);
  const name = `hsprobe${process.pid % 10_000}`;
  // Where they are built in or already loaded, or modprobe is not ours to call, this changes nothing.
  for (const module of ["vcan", "can-raw", "can-isotp"]) {
    await runTool("modprobe", ["-q", module]).catch(() => undefined);
  }
  try {
    await runTool("ip", ["link", "add", "dev", name, "type", "vcan"]);
    await runTool("ip", ["link", "del", "dev", name]);
  } catch (error) {
    return no(`no virtual CAN interface can be made here: ${sentenceOf(error)}`);
  }
  const protocols = await readFile("/proc/net/protocols", "utf8");
  return /^CAN_ISOTP\b/mu.test(protocols) ? { usable: true } : no("this kernel has CAN, yet no CAN_ISOTP");
}

const no = (because: string): Probe => ({ usable: false, because });

const sentenceOf = (error: unknown): string =>
  error instanceof HilError ? error.message : error instanceof Error ? error.message : String(error);
