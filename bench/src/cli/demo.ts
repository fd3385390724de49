import { BenchError } from "../bench-error.ts";
import { Children } from "../demo/children.ts";
import { runDemo } from "../demo/demo.ts";
import { makeFolders } from "../demo/folders.ts";
import { DEMO_HELP, readDemoOptions } from "../demo/options.ts";
import { checkPorts } from "../demo/ports.ts";

/** `demo`: exit status 0 where the run ended as it was asked for. No program outlives it. */
export async function demo(args: readonly string[]): Promise<number> {
  const options = readDemoOptions(args);
  if (options === undefined) {
    console.log(DEMO_HELP);
    return 0;
  }
  await checkPorts(options);
  const folders = await makeFolders(options.dataFolder);
  const children = new Children(folders.logs);
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const interrupt = (): void =>
    stopped.reject(new BenchError("INTERRUPTED", "stopped; nothing keeps running"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupt);
  children.onUnexpectedEnd = (error) => stopped.reject(error);
  try {
    const { hmiUrl, cloudUrl } = await Promise.race([
      runDemo(options, folders, children, process.stdout),
      stopped.promise,
    ]);
    if (options.stay) {
      console.log(`Everything keeps running: HMI ${hmiUrl}, API ${cloudUrl}/docs. Ctrl-C ends it.`);
      await stopped.promise;
    }
    return 0;
  } catch (error) {
    if (options.stay && error instanceof BenchError && error.code === "INTERRUPTED") return 0;
    throw error;
  } finally {
    await children.stopAll();
  }
}
