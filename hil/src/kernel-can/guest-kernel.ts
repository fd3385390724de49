import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HilError } from "../hil-error.ts";
import { findTool, runTool } from "./run-tool.ts";

/** Where the kernel and what is built from it are kept between runs. */
export const CACHE = fileURLToPath(new URL("../../../.toolchain/kernel-can", import.meta.url));

/** An unpacked kernel package of Debian. */
export interface GuestKernel {
  /** `boot/vmlinuz-…` and `lib/modules/…` stand below. */
  readonly folder: string;
  /** `6.1.0-56-amd64` */
  readonly version: string;
}

/** The Debian packages that the guest needs, and the program that shows each is there. */
const PACKAGES = [
  ["qemu-system-x86", "qemu-system-x86_64"],
  ["busybox-static", "busybox"],
  ["iproute2", "ip"],
] as const;

/** Debian packages that are missing for a guest; empty where it can be started. */
export function missingPackages(): string[] {
  return PACKAGES.filter(([, program]) => findTool(program) === undefined).map(([name]) => name);
}

/**
 * The newest kernel in the cache, else Debian's, downloaded once and unpacked: nothing is installed.
 * @throws {HilError} `MISSING` with what to install or why nothing could be downloaded.
 */
export async function bringGuestKernel(): Promise<GuestKernel> {
  if (process.arch !== "x64") {
    throw new HilError("MISSING", `The guest exists for x86-64 only; this is ${process.arch}.`, {
      help: "Use a kernel with CAN: modprobe vcan can-isotp.",
    });
  }
  const missing = missingPackages();
  if (missing.length > 0) {
    throw new HilError(
      "MISSING",
      `For a guest whose kernel has CAN these are missing: ${missing.join(", ")}.`,
      {
        help: `On Debian: apt-get install -y --no-install-recommends ${missing.join(" ")}`,
      },
    );
  }
  return (await cachedKernel()) ?? (await downloadKernel());
}

async function cachedKernel(): Promise<GuestKernel | undefined> {
  const kernels = await readdir(join(CACHE, "kernels")).catch(() => []);
  const version = kernels
    .filter((name) => !name.startsWith("."))
    .toSorted()
    .at(-1);
  return version === undefined ? undefined : { folder: join(CACHE, "kernels", version), version };
}

async function downloadKernel(): Promise<GuestKernel> {
  const partial = join(CACHE, "kernels", `.partial-${process.pid}`);
  await mkdir(partial, { recursive: true });
  try {
    const depends = await textOf("apt-cache", ["depends", "--important", "linux-image-amd64"]);
    const name = /linux-image-\d\S*/u.exec(depends)?.[0];
    if (name === undefined) {
      throw new HilError("MISSING", "apt knows no linux-image-amd64.", {
        help: "Run apt-get update; the guest needs Debian.",
      });
    }
    await runTool("apt-get", ["download", name], { cwd: partial });
    const file = (await readdir(partial)).find((entry) => entry.endsWith(".deb"));
    await runTool("dpkg", ["-x", join(partial, file ?? ""), partial]);
    await rm(join(partial, file ?? ""));
    const [version = ""] = await readdir(join(partial, "lib/modules"));
    const folder = join(CACHE, "kernels", version);
    // A second run that was faster has made the same.
    if (!existsSync(folder)) await rename(partial, folder);
    return { folder, version };
  } catch (cause) {
    if (cause instanceof HilError && cause.code === "MISSING") throw cause;
    throw new HilError("MISSING", "Debian's kernel could not be downloaded.", {
      help: "Run apt-get update and look whether apt-get download linux-image-amd64 works.",
      cause,
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

const textOf = async (name: string, args: readonly string[]): Promise<string> =>
  new TextDecoder().decode(await runTool(name, args));
