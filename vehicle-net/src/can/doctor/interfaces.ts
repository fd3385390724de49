import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { readInterface } from "../socketcan/interface.ts";
import type { InterfaceObservation } from "./observations.ts";

const IP_TIMEOUT_MS = 2000;
/** MTU of an interface that takes CAN FD frames (struct canfd_frame). */
const FD_MTU = 72;

interface BitTiming {
  readonly bitrate?: number;
  readonly sample_point?: string | number;
}

/** What `ip -json -details link` says of a link; other fields do not matter here. */
interface IpLink {
  readonly ifname: string;
  readonly link_type?: string;
  readonly flags?: readonly string[];
  readonly mtu?: number;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly state?: string;
      readonly restart_ms?: number;
      readonly bittiming?: BitTiming;
      readonly data_bittiming?: BitTiming;
      readonly berr_counter?: { readonly tx?: number; readonly rx?: number };
    };
  };
}

/** CAN interfaces in the output of `ip -json -details link` (Debian: iproute2). */
export function parseIpLinks(json: string): InterfaceObservation[] {
  const links = JSON.parse(json) as readonly IpLink[];
  return links.filter(({ link_type }) => link_type === "can").map(describe);
}

function describe({ ifname, flags = [], mtu, linkinfo }: IpLink): InterfaceObservation {
  const { info_kind: kind = "can", info_data: data = {} } = linkinfo ?? {};
  const { bittiming, data_bittiming: dataBittiming, berr_counter: errors } = data;
  return {
    name: ifname,
    kind,
    up: flags.includes("UP"),
    fd: mtu === FD_MTU,
    bitrate: bittiming?.bitrate,
    dataBitrate: dataBittiming?.bitrate,
    samplePoint: share(bittiming?.sample_point),
    dataSamplePoint: share(dataBittiming?.sample_point),
    state: data.state,
    restartMs: data.restart_ms ?? (kind === "can" ? 0 : undefined),
    transmitErrors: errors?.tx,
    receiveErrors: errors?.rx,
  };
}

/** `ip` writes "0.875". */
const share = (value: string | number | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);

/** The CAN interfaces of this machine; none where there is no Linux. */
export async function listInterfaces(): Promise<InterfaceObservation[]> {
  if (process.platform !== "linux") return [];
  let found: InterfaceObservation[];
  try {
    const args = ["-json", "-details", "link", "show"];
    const { stdout } = await promisify(execFile)("ip", args, { timeout: IP_TIMEOUT_MS });
    found = parseIpLinks(stdout);
  } catch {
    found = await listWithoutIp();
  }
  return await Promise.all(found.map(async (each) => ({ ...each, ...(await serialNumber(each.name)) })));
}

/** Names and states alone. */
async function listWithoutIp(): Promise<InterfaceObservation[]> {
  const names = await readdir("/sys/class/net").catch(() => []);
  const found: InterfaceObservation[] = [];
  for (const name of names) {
    const facts = await readInterface(name).catch(() => undefined);
    if (facts !== undefined) found.push({ ...facts, kind: name.startsWith("v") ? "vcan" : "can" });
  }
  return found;
}

/** Of the USB device whose function this interface is. */
async function serialNumber(name: string): Promise<{ serialNumber?: string }> {
  try {
    return { serialNumber: (await readFile(`/sys/class/net/${name}/device/../serial`, "utf8")).trim() };
  } catch {
    return {};
  }
}
