import { advice, type Diagnosis } from "./diagnosis.ts";
import type { Observations } from "./observations.ts";

/** Names that the kernel gives in the order of plugging in. */
const SWAPPABLE = /^(?:slcan:\/dev\/tty(?:ACM|USB)\d|socketcan:(?:can|slcan)\d)/u;

/** Two adapters of one kind change places after the next restart, and the wrong ECU is flashed. */
export function diagnoseNames({ interfaces, ports, bus }: Observations): Diagnosis[] {
  if (bus !== undefined && !SWAPPABLE.test(bus.url)) return [];
  const found: Diagnosis[] = [];
  const usb = ports.filter(({ serialNumber }) => serialNumber !== undefined);
  if (usb.length > 1) {
    const names = usb.map(({ path, stablePath = "no name that stays" }) => `${path}: ${stablePath}`);
    found.push(
      advice(
        "NAMES_MAY_SWAP",
        `${usb.map(({ path }) => path).join(" and ")} may change places when they are plugged in anew.`,
        `Name an adapter by its serial number: ${names.join("; ")}.`,
      ),
    );
  }
  const controllers = interfaces.filter(({ kind }) => kind === "can");
  if (controllers.length > 1) {
    const rules = controllers
      .filter(({ serialNumber }) => serialNumber !== undefined)
      .map(({ name, serialNumber }) => udevRule(serialNumber!, `bench-${name}`));
    const help =
      rules.length > 0
        ? `Pin them by their serial numbers, in /etc/udev/rules.d/80-can.rules: ${rules.join(" ")}`
        : "They have no serial number: pin them by their place, with KERNELS== in a udev rule.";
    found.push(
      advice(
        "NAMES_MAY_SWAP",
        `${controllers.map(({ name }) => name).join(" and ")} may change places at the next start.`,
        help,
      ),
    );
  }
  return found;
}

const udevRule = (serialNumber: string, name: string): string =>
  `SUBSYSTEM=="net", ACTION=="add", ATTRS{serial}=="${serialNumber}", NAME="${name}"`;
