import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { CanError } from "../bus.ts";
import { FD_MTU } from "./kernel-frame.ts";

/** What the kernel says about a CAN interface. */
export interface CanInterface {
  readonly name: string;
  readonly up: boolean;
  /** The interface takes CAN FD frames: its MTU is 72. */
  readonly fd: boolean;
  /** bit/s, known of real controllers only. */
  readonly bitrate?: number;
  readonly dataBitrate?: number;
}

/** ARPHRD_CAN and IFF_UP (linux/if_arp.h, linux/if.h). */
const ARPHRD_CAN = 280;
const IFF_UP = 0x1;
const IP_TIMEOUT_MS = 2000;

/**
 * Asks the kernel about an interface.
 * @throws {CanError} `cannot-open` where there is none of that name, or where it is no CAN.
 */
export async function readInterface(name: string): Promise<CanInterface> {
  const folder = `/sys/class/net/${name}`;
  const values = ["type", "flags", "mtu"].map(async (file) =>
    Number(await readFile(`${folder}/${file}`, "utf8")),
  );
  const [type, flags = 0, mtu] = await Promise.all(values).catch((cause: unknown) => {
    throw new CanError("cannot-open", `There is no network interface "${name}".`, {
      help: `List them with: ip -br link. A virtual one: ip link add dev ${name} type vcan`,
      cause,
    });
  });
  if (type !== ARPHRD_CAN) {
    throw new CanError("cannot-open", `"${name}" is a network interface, yet no CAN.`, {
      help: "List the CAN interfaces with: ip -br link show type can; ip -br link show type vcan",
    });
  }
  const facts = { name, up: (flags & IFF_UP) !== 0, fd: mtu === FD_MTU };
  // Virtual interfaces have no bit rate, and asking costs a process.
  return existsSync(`${folder}/device`) ? { ...facts, ...(await readBitrates(name)) } : facts;
}

interface LinkDetails {
  readonly linkinfo?: {
    readonly info_data?: {
      readonly bittiming?: { readonly bitrate?: number };
      readonly data_bittiming?: { readonly bitrate?: number };
    };
  };
}

/** Bit rates are told over netlink only; without `ip` (Debian: iproute2) they stay unknown. */
async function readBitrates(name: string): Promise<Pick<CanInterface, "bitrate" | "dataBitrate">> {
  try {
    const args = ["-json", "-details", "link", "show", "dev", name];
    const { stdout } = await promisify(execFile)("ip", args, { timeout: IP_TIMEOUT_MS });
    const details = (JSON.parse(stdout) as LinkDetails[])[0]?.linkinfo?.info_data;
    return { bitrate: details?.bittiming?.bitrate, dataBitrate: details?.data_bittiming?.bitrate };
  } catch {
    return {};
  }
}
