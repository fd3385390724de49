import { BenchToolError } from "../bench-tools/bench-tool-error.ts";

/** Lets Ctrl-C and SIGTERM end `work` in good order; a second one ends the process at once. */
export async function interruptible<T>(help: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new BenchToolError("INTERRUPTED", "Interrupted.", help));
    release();
  };
  const release = (): void => {
    process.removeListener("SIGINT", abort);
    process.removeListener("SIGTERM", abort);
  };
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
