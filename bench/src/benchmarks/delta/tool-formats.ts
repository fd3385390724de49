import { stat } from "node:fs/promises";
import { type DeltaFormat, secondsOf } from "./delta-format.ts";
import { isInstalled, peakMemoryOf, runTool } from "./tool.ts";
import type { Workspace } from "./workspace.ts";

type Command = readonly [program: string, ...args: string[]];

/** A format of other people's tools, each a Debian package. */
interface Tool {
  readonly name: string;
  readonly packageName: string;
  readonly diff: (base: string, result: string, patch: string) => Command;
  readonly apply: (base: string, patch: string, result: string) => Command;
}

const TOOLS: readonly Tool[] = [
  {
    name: "bsdiff",
    packageName: "bsdiff",
    diff: (base, result, patch) => ["bsdiff", base, result, patch],
    apply: (base, patch, result) => ["bspatch", base, result, patch],
  },
  {
    name: "xdelta3",
    packageName: "xdelta3",
    diff: (base, result, patch) => ["xdelta3", "-e", "-9", "-f", "-s", base, result, patch],
    apply: (base, patch, result) => ["xdelta3", "-d", "-f", "-s", base, patch, result],
  },
  {
    name: "zstd --patch-from",
    packageName: "zstd",
    diff: (base, result, patch) => ["zstd", "-q", "-f", "-19", `--patch-from=${base}`, result, "-o", patch],
    apply: (base, patch, result) => ["zstd", "-q", "-f", "-d", `--patch-from=${base}`, patch, "-o", result],
  },
];

/** Those that are installed; `onAbsent` is told of each other one in a sentence. */
export async function toolFormats(onAbsent: (sentence: string) => void): Promise<DeltaFormat[]> {
  const formats: DeltaFormat[] = [];
  for (const tool of TOOLS) {
    const [program] = tool.diff("", "", "");
    if (await isInstalled(program)) formats.push(toolFormat(tool));
    else onAbsent(`${tool.name} is left out: there is no ${program}; apt-get install ${tool.packageName}`);
  }
  return formats;
}

function toolFormat({ name, packageName, diff, apply }: Tool): DeltaFormat {
  const patchOf = (workspace: Workspace): string => workspace.path(`${packageName}.patch`);
  const outputOf = (workspace: Workspace): string => workspace.path(`${packageName}.output`);
  const diffCommand = (workspace: Workspace): Command =>
    diff(workspace.basePath, workspace.resultPath, patchOf(workspace));
  const applyCommand = (workspace: Workspace): Command =>
    apply(workspace.basePath, patchOf(workspace), outputOf(workspace));
  const run = ([program, ...args]: Command): Promise<number> => secondsOf(() => runTool(program, args));
  const peak = ([program, ...args]: Command): Promise<number | null> => peakMemoryOf(program, args);
  return {
    name,
    own: false,
    diff: (workspace) => run(diffCommand(workspace)),
    async apply(workspace) {
      const seconds = await run(applyCommand(workspace));
      await workspace.checkResultFile(name, outputOf(workspace));
      return seconds;
    },
    patchBytes: async (workspace) => (await stat(patchOf(workspace))).size,
    peakMemory: async (workspace) => ({
      diff: await peak(diffCommand(workspace)),
      apply: await peak(applyCommand(workspace)),
    }),
    close: async () => {},
  };
}
