import { join } from "node:path";
import type { GuestImage } from "./guest-image.ts";

export interface GuestMachine {
  readonly image: GuestImage;
  /** Holds the sockets `out`, `err` and `status`, and receives `console`. */
  readonly folder: string;
  /** Shared with the guest as /job. */
  readonly shared: string;
  readonly writable: readonly string[];
  readonly memoryMiB: number;
}

/** Kernel parameters: quiet, no reboot after a panic, and none of the mitigations that only cost time here. */
const KERNEL_PARAMETERS =
  "console=ttyS0 quiet panic=-1 nokaslr mitigations=off random.trust_cpu=on tsc=reliable rdinit=/init";

/**
 * The command line of QEMU. TCG, since a /dev/kvm that is there need not work; one CPU, since with two the emulated
 * controllers lose frames.
 */
export function qemuArguments({ image, folder, shared, writable, memoryMiB }: GuestMachine): string[] {
  const options: readonly Option[] = [
    ["accel", "tcg,thread=multi"],
    ["machine", "q35"],
    ["m", String(memoryMiB)],
    ["smp", "1"],
    ["display", "none"],
    ["kernel", image.vmlinux],
    ["initrd", image.initramfs],
    ["append", KERNEL_PARAMETERS],
    ["serial", `file:${join(folder, "console")}`],
    ["device", "virtio-rng-pci"],
    ["device", "virtio-serial-pci"],
    ...serialPort("out", folder, 1),
    ...serialPort("err", folder, 2),
    ...serialPort("status", folder, 3),
    ...share("root", "/", ",readonly=on"),
    ...share("job", shared, ",readonly=on"),
    ...writable.flatMap((path, index) => share(`share${index}`, path, "")),
    // Two SJA1000 controllers on one bus, with the kernel's own driver: can0 and can1.
    ["object", "can-bus,id=bus0"],
    ["device", "kvaser_pci,canbus=bus0"],
    ["device", "kvaser_pci,canbus=bus0"],
  ];
  const words = options.flatMap(([name, value]) => [`-${name}`, value]);
  return ["-nodefaults", "-no-user-config", "-no-reboot", ...words];
}

type Option = readonly [name: string, value: string];

function serialPort(id: string, folder: string, number: number): Option[] {
  return [
    ["chardev", `socket,id=${id},path=${join(folder, id)}`],
    ["device", `virtserialport,chardev=${id},nr=${number}`],
  ];
}

function share(tag: string, path: string, access: string): Option[] {
  return [
    ["fsdev", `local,id=${tag},path=${path},security_model=none,multidevs=remap${access}`],
    ["device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ];
}
