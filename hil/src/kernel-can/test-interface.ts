import { execFileSync } from "node:child_process";
import { findTool } from "./run-tool.ts";

let count = 0;

/** A virtual CAN interface for one test. */
export interface TestInterface {
  readonly name: string;
  down(): void;
  up(): void;
  delete(): void;
}

export interface TestInterfaceOptions {
  /** MTU 72: takes CAN FD frames. */
  readonly fd?: boolean;
  /** Lets frames through as a bus of this bit rate would: 3906 a second, or one in 16 ms. */
  readonly shape?: keyof typeof RATES;
}

const RATES = { "500k": "500kbit", "8k": "8kbit" };

/** Makes a vcan of a name that no other test has; `delete` takes it away, twice does no harm. */
export function makeVcan({ fd = false, shape }: TestInterfaceOptions = {}): TestInterface {
  count += 1;
  const name = `hs${process.pid % 100_000}v${count}`;
  ip("link", "add", "dev", name, "type", "vcan");
  ip("link", "set", name, "mtu", fd ? "72" : "16", "up");
  // A classic frame counts 16 bytes in the kernel's queues: the burst lets four go at once, and ten fit the queue, as in
  // that of a real controller.
  if (shape !== undefined)
    run("tc", `qdisc replace dev ${name} root tbf rate ${RATES[shape]} burst 72 limit 160`.split(" "));
  let exists = true;
  return {
    name,
    down: () => ip("link", "set", name, "down"),
    up: () => ip("link", "set", name, "up"),
    delete: () => {
      if (exists) ip("link", "del", "dev", name);
      exists = false;
    },
  };
}

/** `ip` with its arguments; throws with what it said. */
export const ip = (...args: readonly string[]): void => run("ip", args);

export function run(tool: string, args: readonly string[]): void {
  execFileSync(findTool(tool) ?? tool, args, { stdio: ["ignore", "ignore", "pipe"] });
}
