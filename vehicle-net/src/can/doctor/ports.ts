import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { PortObservation } from "./observations.ts";

/** Serial ports on USB; built-in UARTs are named `ttyS`, and most of those do not exist. */
const USB_PORT = /^tty(?:ACM|USB)\d+$/u;
/** From a tty up to the USB device: interface, device, and a level more for ttyUSB. */
const LEVELS_UP = 4;

/**
 * Serial ports behind which an adapter may be, by what Linux says of them. None elsewhere.
 * @param root of the file system, for tests
 */
export async function listPorts(root = "/"): Promise<PortObservation[]> {
  const folder = join(root, "sys/class/tty");
  const names = (await readdir(folder).catch(() => [])).filter((name) => USB_PORT.test(name));
  const stable = await stablePaths(root);
  return await Promise.all(
    names.toSorted().map(async (name) => ({
      path: `/dev/${name}`,
      stablePath: stable.get(name),
      ...(await usbDevice(join(folder, name, "device"))),
      ...(await latencyTimer(join(folder, name, "device"))),
    })),
  );
}

/** udev's links by the port that they lead to. */
async function stablePaths(root: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(root, "dev/serial/by-id");
  const links = await readdir(folder).catch(() => []);
  const entries = links.map(
    async (link) => [basename(await readlink(join(folder, link))), `/dev/serial/by-id/${link}`] as const,
  );
  return new Map(await Promise.all(entries));
}

async function usbDevice(device: string): Promise<Pick<PortObservation, "serialNumber" | "product">> {
  let at = await realpath(device).catch(() => undefined);
  for (let level = 0; at !== undefined && level < LEVELS_UP; level += 1) {
    if ((await text(join(at, "idVendor"))) !== undefined) {
      return { serialNumber: await text(join(at, "serial")), product: await text(join(at, "product")) };
    }
    at = dirname(at);
  }
  return {};
}

async function latencyTimer(device: string): Promise<Pick<PortObservation, "latencyTimerMs">> {
  const value = await text(join(device, "latency_timer"));
  return value === undefined ? {} : { latencyTimerMs: Number(value) };
}

const text = async (path: string): Promise<string | undefined> => {
  const content = await readFile(path, "utf8").catch(() => undefined);
  return content?.trim();
};
