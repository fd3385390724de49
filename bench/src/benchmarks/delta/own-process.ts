import { readFile } from "node:fs/promises";
import { applyBsdiff40ToBytes, createBsdiff40, inlineDeltaEngine } from "@halfshaft/ota-format/delta";

/** Does one job in a process of its own, for others to measure that process's memory. */

const [job, basePath, otherPath] = process.argv.slice(2);
const [base, other] = await Promise.all(
  [basePath!, otherPath!].map(async (path) => new Uint8Array(await readFile(path))),
);

if (job === "create") createBsdiff40(base!, other!);
else if (job === "steps") await inlineDeltaEngine().listDetoolsSteps(base!, other!);
else applyBsdiff40ToBytes(base!, other!, { maxResultBytes: Number.MAX_SAFE_INTEGER });
