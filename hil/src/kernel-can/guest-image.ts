import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HilError } from "../hil-error.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import { extractVmlinux } from "./vmlinux.ts";
import { findTool, runTool } from "./run-tool.ts";

/** What QEMU boots. */
export interface GuestImage {
  /** Uncompressed kernel: it boots a second faster than the compressed one. */
  readonly vmlinux: string;
  readonly initramfs: string;
}

const INIT = fileURLToPath(new URL("guest-init.sh", import.meta.url));
/** What is needed to reach the root, which then has all the other modules. */
const MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"];
const FOLDERS = ["bin", "proc", "sys", "dev", "modules", "lower", "upper", "root", "job"];

/** Builds what QEMU boots once per kernel, and the initramfs again when guest-init.sh has changed. */
export async function buildGuestImage(kernel: GuestKernel): Promise<GuestImage> {
  const image = { vmlinux: join(kernel.folder, "vmlinux"), initramfs: join(kernel.folder, "initramfs") };
  if (!existsSync(image.vmlinux)) {
    const bzImage = await readFile(join(kernel.folder, "boot", `vmlinuz-${kernel.version}`));
    await replaceFile(image.vmlinux, await extractVmlinux(bzImage));
  }
  if (!(await isNewer(image.initramfs, INIT)))
    await replaceFile(image.initramfs, await buildInitramfs(kernel));
  return image;
}

async function buildInitramfs(kernel: GuestKernel): Promise<Uint8Array> {
  const root = await mkdtemp(join(kernel.folder, ".initramfs-"));
  try {
    for (const folder of FOLDERS) await mkdir(join(root, folder));
    await copyFile(await staticBusybox(), join(root, "bin/busybox"));
    await copyFile(INIT, join(root, "init"));
    await chmod(join(root, "init"), 0o755);
    const names: string[] = [];
    for (const module of await modulesInOrder(kernel)) {
      names.push(basename(module));
      await copyFile(
        join(kernel.folder, "lib/modules", kernel.version, module),
        join(root, "modules", basename(module)),
      );
    }
    await writeFile(join(root, "modules/order"), `${names.join("\n")}\n`);
    const files = new TextDecoder().decode(await runTool("find", ["."], { cwd: root }));
    return await runTool("busybox", ["cpio", "-o", "-H", "newc"], { cwd: root, input: files });
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Each module after those that it depends on, by modules.dep. */
async function modulesInOrder({ folder, version }: GuestKernel): Promise<string[]> {
  const dependencies = join(folder, "lib/modules", version, "modules.dep");
  if (!existsSync(dependencies)) await runTool("busybox", ["depmod", "-b", folder, version]);
  const lines = (await readFile(dependencies, "utf8")).split("\n");
  const order = new Set<string>();
  for (const module of MODULES) {
    const line = lines.find((candidate) => candidate.split(":", 1)[0]?.endsWith(`/${module}.ko`));
    if (line === undefined)
      throw new HilError("MISSING", `The kernel ${version} has no module ${module}.ko.`);
    const [name = "", needs = ""] = line.split(":");
    for (const needed of needs.trim().split(" ").filter(Boolean).toReversed()) order.add(needed);
    order.add(name);
  }
  return [...order];
}

/** The initramfs has no libraries. */
async function staticBusybox(): Promise<string> {
  const file = findTool("busybox") ?? "";
  if (hasInterpreter(await readFile(file))) {
    throw new HilError("MISSING", `${file} is not a static one.`, {
      help: "On Debian: apt-get install -y --no-install-recommends busybox-static",
    });
  }
  return file;
}

/** Whether a 64-bit ELF file has a program header PT_INTERP: it is then linked dynamically. */
function hasInterpreter(elf: Buffer): boolean {
  const PT_INTERP = 3;
  const tableOffset = Number(elf.readBigUInt64LE(0x20));
  const entryBytes = elf.readUInt16LE(0x36);
  const types = Array.from({ length: elf.readUInt16LE(0x38) }, (_, index) =>
    elf.readUInt32LE(tableOffset + index * entryBytes),
  );
  return types.includes(PT_INTERP);
}

async function isNewer(file: string, than: string): Promise<boolean> {
  return existsSync(file) && (await stat(file)).mtimeMs > (await stat(than)).mtimeMs;
}

/** Written beside and renamed: a guest that starts meanwhile sees all of the old or all of the new. */
async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, content, { mode: 0o644 });
  await rename(partial, file);
}
