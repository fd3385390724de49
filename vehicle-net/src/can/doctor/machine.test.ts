import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseIpLinks } from "./interfaces.ts";
import { listPorts } from "./ports.ts";

/** Fields as `ip -json -details link show` of iproute2 6.1 writes them. */
const IP_LINKS = JSON.stringify([
  { ifname: "lo", flags: ["LOOPBACK", "UP"], mtu: 65_536, link_type: "loopback" },
  {
    ifname: "can0",
    flags: ["NOARP", "UP", "LOWER_UP", "ECHO"],
    mtu: 72,
    link_type: "can",
    linkinfo: {
      info_kind: "can",
      info_data: {
        state: "ERROR-PASSIVE",
        berr_counter: { tx: 128, rx: 3 },
        restart_ms: 0,
        bittiming: { bitrate: 500_000, sample_point: "0.875" },
        data_bittiming: { bitrate: 2_000_000, sample_point: "0.750" },
      },
    },
  },
  { ifname: "vcan0", flags: ["NOARP"], mtu: 16, link_type: "can", linkinfo: { info_kind: "vcan" } },
]);

test("B3 CAN interfaces are found among all, with state, rates, sample points and error counters", () => {
  expect(parseIpLinks(IP_LINKS)).toEqual([
    {
      name: "can0",
      kind: "can",
      up: true,
      fd: true,
      bitrate: 500_000,
      dataBitrate: 2_000_000,
      samplePoint: 0.875,
      dataSamplePoint: 0.75,
      state: "ERROR-PASSIVE",
      restartMs: 0,
      transmitErrors: 128,
      receiveErrors: 3,
    },
    { name: "vcan0", kind: "vcan", up: false, fd: false },
  ]);
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "doctor-"));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

/** The part of /sys and /dev that Linux makes for a serial adapter on USB. */
async function plugIn(name: string, usb: { serial: string; product: string }, latencyTimer?: string) {
  const device = join(root, "sys/devices/usb1/1-1");
  const function_ = join(device, "1-1:1.0", ...(latencyTimer === undefined ? [] : [name]));
  await mkdir(function_, { recursive: true });
  await mkdir(join(root, "sys/class/tty", name), { recursive: true });
  await symlink(function_, join(root, "sys/class/tty", name, "device"));
  await writeFile(join(device, "idVendor"), "16d0\n");
  await writeFile(join(device, "serial"), `${usb.serial}\n`);
  await writeFile(join(device, "product"), `${usb.product}\n`);
  if (latencyTimer !== undefined) await writeFile(join(function_, "latency_timer"), `${latencyTimer}\n`);
  await mkdir(join(root, "dev/serial/by-id"), { recursive: true });
  await symlink(`../../${name}`, join(root, "dev/serial/by-id", `usb-${usb.serial}-if00`));
}

test("B3 an adapter on USB is listed with its serial number and the name that stays", async () => {
  await plugIn("ttyACM0", { serial: "0042", product: "CANable2" });
  expect(await listPorts(root)).toEqual([
    {
      path: "/dev/ttyACM0",
      stablePath: "/dev/serial/by-id/usb-0042-if00",
      serialNumber: "0042",
      product: "CANable2",
    },
  ]);
});

test("B3 the latency timer of an FTDI chip is read", async () => {
  await plugIn("ttyUSB0", { serial: "FT1", product: "FT232R" }, "16");
  expect(await listPorts(root)).toMatchObject([{ serialNumber: "FT1", latencyTimerMs: 16 }]);
});

test("B3 a machine without serial ports, or without Linux, has none", async () => {
  expect(await listPorts(root)).toEqual([]);
});
