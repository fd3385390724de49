import { createServer } from "node:net";
import { BenchError } from "../bench-error.ts";
import type { DemoOptions } from "./options.ts";

const PORTS = [
  ["cloudPort", "--cloud-port", "the cloud"],
  ["mqttPort", "--mqtt-port", "the MQTT broker"],
  ["hubPort", "--hub-port", "the CAN bus"],
  ["hmiPort", "--hmi-port", "the HMI"],
] as const;

/** Before anything is started. @throws {BenchError} `PORT_TAKEN` naming the port and the option that changes it. */
export async function checkPorts(options: DemoOptions): Promise<void> {
  for (const [field, option, user] of PORTS) {
    const port = options[field];
    if (await isFree(port)) continue;
    throw new BenchError("PORT_TAKEN", `Port ${port}, meant for ${user}, is taken by another program.`, {
      help: `Stop that program, or choose another port with ${option}; 0 takes a free one. Does a demo run already?`,
    });
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once("error", () => resolve(false));
  server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resolve(true));
  const free = await promise;
  if (free) await new Promise((closed) => server.close(closed));
  return free;
}
