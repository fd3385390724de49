import { compressLzma } from "@halfshaft/cloud-lite";
import type { DeltaFormat } from "./delta-format.ts";
import { bsdiff40Format, detoolsFormat } from "./own-formats.ts";
import { toolFormats } from "./tool-formats.ts";

/** Ours, and those tools that are installed; `onAbsent` is told what is missing. To be closed. */
export async function deltaFormats(onAbsent: (sentence: string) => void): Promise<DeltaFormat[]> {
  return [bsdiff40Format(), detoolsFormat(compressLzma), ...(await toolFormats(onAbsent))];
}
