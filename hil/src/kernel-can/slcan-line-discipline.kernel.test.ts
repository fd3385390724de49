import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBus, type CanBus } from "@halfshaft/vehicle-net/can";
import { realClock } from "@halfshaft/vehicle-net/clock";
import { openIsoTpChannel, type IsoTpChannel } from "@halfshaft/vehicle-net/isotp";
import { afterEach, expect, test } from "vitest";
import { findTool } from "./run-tool.ts";
import { ip } from "./test-interface.ts";

const missing = ["socat", "slcand"].filter((tool) => findTool(tool) === undefined);
const children: ChildProcess[] = [];
const buses: CanBus[] = [];
const folder = mkdtempSync(join(tmpdir(), "slcan-"));

afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
  for (const child of children.splice(0).toReversed()) {
    const closed = once(child, "close");
    child.kill();
    await closed;
  }
  rmSync(folder, { recursive: true, force: true });
});

function start(tool: string, ...args: string[]): void {
  children.push(spawn(findTool(tool) ?? tool, args, { stdio: "ignore" }));
}

/** Puts the kernel's slcan line discipline on one end of a pseudo-terminal and opens its interface. */
async function openOn(terminal: string, name: string): Promise<CanBus> {
  start("slcand", "-F", "-o", "-c", "-s6", realpathSync(terminal), name);
  await expect.poll(() => existsSync(`/sys/class/net/${name}`), { timeout: 20_000 }).toBe(true);
  ip("link", "set", name, "txqueuelen", "1000", "up");
  const bus = await openBus(`socketcan:${name}`, { clock: realClock });
  buses.push(bus);
  return bus;
}

function channel(bus: CanBus, txId: number, rxId: number): IsoTpChannel {
  return openIsoTpChannel(bus, realClock, { addressing: { mode: "normal", txId, rxId } });
}

test.skipIf(missing.length > 0)(
  `B2 ISO-TP passes between two interfaces of the kernel's slcan over a pseudo-terminal (missing: ${missing.join(", ") || "nothing"})`,
  async () => {
    const [left, right] = ["left", "right"].map((name) => join(folder, name)) as [string, string];
    start("socat", `pty,raw,echo=0,link=${left}`, `pty,raw,echo=0,link=${right}`);
    await expect.poll(() => existsSync(left) && existsSync(right), { timeout: 20_000 }).toBe(true);
    const [a, b] = [await openOn(left, "hsleft"), await openOn(right, "hsright")];
    const message = Uint8Array.from({ length: 1000 }, (_, index) => index & 0xff);
    const { promise: received, resolve, reject } = Promise.withResolvers<Uint8Array>();
    channel(b, 0x7e8, 0x7e0).subscribe({ message: resolve, failed: reject });
    await channel(a, 0x7e0, 0x7e8).send(message);
    expect(await received).toEqual(message);
  },
);
