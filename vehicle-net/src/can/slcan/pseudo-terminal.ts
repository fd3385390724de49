import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, closeSync, constants, existsSync, openSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { realClock } from "../../clock/real-clock.ts";
import { CanError } from "../bus.ts";

/** The far end of a serial port that exists in this machine alone. */
export interface PseudoTerminal {
  /** Opened like any serial port. */
  readonly path: string;
  /** @param text of one byte per character. */
  write(text: string): void;
  onData(listener: (chunk: Uint8Array) => void): void;
  /** The port disappears. */
  close(): Promise<void>;
}

const APPEARS_MS = 5000;
const LOOK_MS = 5;

/** Whether `openPseudoTerminal` can work here. */
export const hasSocat = (): boolean => (process.env["PATH"] ?? "").split(delimiter).some(isSocatIn);

function isSocatIn(folder: string): boolean {
  try {
    accessSync(join(folder, "socat"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes a pseudo-terminal with socat, since Node cannot.
 * @param path under which it can be opened: a link that must not exist yet.
 * @throws {CanError} `cannot-open`
 */
export async function openPseudoTerminal(path: string): Promise<PseudoTerminal> {
  if (!hasSocat()) {
    throw new CanError("cannot-open", "A pseudo-terminal needs socat, which is not here.", {
      help: "Install it: apt-get install socat.",
    });
  }
  const socat = spawn("socat", ["-b65536", `PTY,raw,echo=0,link=${path}`, "STDIO"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const exited = once(socat, "exit");
  // What is written to a port that has just been closed is lost, as on a real one.
  socat.stdin.on("error", () => undefined);
  await appeared(path, exited);
  // As long as one descriptor is open, socat outlives whoever opens and closes the port.
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  return {
    path,
    write: (text) => void socat.stdin.write(text, "latin1"),
    onData: (listener) => void socat.stdout.on("data", listener),
    async close() {
      closeSync(descriptor);
      socat.kill();
      await exited;
      rmSync(path, { force: true });
    },
  };
}

async function appeared(link: string, exited: Promise<unknown[]>): Promise<void> {
  const give = realClock.now() + APPEARS_MS;
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  while (!existsSync(link)) {
    if (hasExited || realClock.now() > give) {
      throw new CanError("cannot-open", `socat made no pseudo-terminal at ${link}.`);
    }
    await realClock.sleep(LOOK_MS);
  }
}
