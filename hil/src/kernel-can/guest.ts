import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { HilError } from "../hil-error.ts";
import { guestScript } from "./guest-script.ts";
import { buildGuestImage } from "./guest-image.ts";
import { bringGuestKernel } from "./guest-kernel.ts";
import { qemuArguments } from "./qemu.ts";

export interface GuestCommand {
  readonly command: readonly string[];
  /** Folder in which the command starts; the guest sees the host's / at the same paths. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folders that the command may write; everything else it writes is discarded. */
  readonly writable: readonly string[];
  readonly memoryMiB: number;
  readonly timeoutMs: number;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Exit status of a command, and how long the guest took to reach it. */
export interface GuestResult {
  readonly status: number;
  readonly startSeconds: number;
}

/**
 * Runs a command in a virtual machine whose kernel has CAN: vcan, slcan, kernel ISO-TP, and two controllers can0 and can1
 * on one bus. Standard input is empty.
 * @throws {HilError} `MISSING`, `GUEST_DIED` with the last of its console, `TIMED_OUT`.
 */
export async function runInGuest(job: GuestCommand): Promise<GuestResult> {
  const kernel = await bringGuestKernel();
  const image = await buildGuestImage(kernel);
  const folder = await mkdtemp(join(tmpdir(), "guest-"));
  try {
    const shared = join(folder, "job");
    await mkdir(shared);
    await writeFile(join(shared, "command"), guestScript(job), { mode: 0o600 });
    await writeFile(join(shared, "shares"), job.writable.map((share) => `${share}\n`).join(""));
    await writeFile(join(shared, "modules"), join(kernel.folder, "lib/modules", kernel.version));
    const ports = await Promise.all(["out", "err", "status"].map((name) => listen(join(folder, name))));
    const [out, err, status] = ports.map(({ connection }) => connection) as [
      Connection,
      Connection,
      Connection,
    ];
    const outputs = [
      out.then((socket) => drain(socket, job.stdout)),
      err.then((socket) => drain(socket, job.stderr)),
    ];
    const answer = status.then(async (socket) => text(socket));
    await runQemu(
      qemuArguments({ image, folder, shared, writable: job.writable, memoryMiB: job.memoryMiB }),
      job.timeoutMs,
    );
    for (const { server } of ports) server.close();
    await Promise.all(outputs);
    return await readResult(await answer, join(folder, "console"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Connection = Promise<Socket>;

/** QEMU connects to it when it starts. */
async function listen(path: string): Promise<{ server: Server; connection: Connection }> {
  const server = createServer();
  const { promise: connection, resolve } = Promise.withResolvers<Socket>();
  server.once("connection", resolve);
  server.listen(path);
  await once(server, "listening");
  return { server, connection };
}

/** Everything, at the pace of who reads it; the target stays open. */
async function drain(socket: Socket, target: Writable): Promise<void> {
  for await (const chunk of socket) {
    if (!target.write(chunk)) await once(target, "drain");
  }
}

async function runQemu(args: readonly string[], timeoutMs: number): Promise<void> {
  const qemu = spawn("qemu-system-x86_64", args, {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const complaint = text(qemu.stderr);
  const [status, signal] = (await once(qemu, "close")) as [number | null, string | null];
  if (signal === "SIGKILL") {
    throw new HilError("TIMED_OUT", `The guest was stopped after ${timeoutMs / 1000} s.`, {
      help: "Give the command more time with --timeout.",
    });
  }
  if (status !== 0) {
    throw new HilError("GUEST_DIED", `QEMU ended with ${status ?? signal}: ${(await complaint).trim()}`);
  }
}

async function readResult(answer: string, consoleFile: string): Promise<GuestResult> {
  const log = await readFile(consoleFile, "utf8").catch(() => "");
  const start = /command starts at ([\d.]+) s/u.exec(log)?.[1];
  if (!/^\d+\s*$/u.test(answer)) {
    throw new HilError(
      "GUEST_DIED",
      `The guest ended before the command did. Its console:\n${log.slice(-2000)}`,
    );
  }
  return { status: Number(answer), startSeconds: Number(start ?? Number.NaN) };
}
