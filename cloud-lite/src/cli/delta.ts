import { parseArgs } from "node:util";
import { Refusal } from "../refusals.ts";
import { applyFile, createFile, inspectFile } from "./delta-files.ts";
import type { Invocation } from "./invocation.ts";

const HELP = `usage: cloud delta create [--format bsdiff40|detools] [--plain] [--force] OLD NEW PATCH
       cloud delta apply [--plain] [--force] OLD PATCH NEW
       cloud delta inspect [--json] PATCH

Makes, applies and describes patches of plain files.

  --format WORD   bsdiff40 (default): bsdiff 4.3, applied by the gateway
                  detools: type sequential with LZMA and a dictionary of 4 KiB, applied by an ECU as it arrives
                  where OLD and NEW are Intel HEX or S-record files, the patch is between the images that they
                  describe, segment by segment; apply then writes the image, or Intel HEX where the patch holds
                  several segments and NEW ends in .hex
  --plain         take Intel HEX and S-record files as the texts that they are
  --force         replace the file that is written
  --json          one line of JSON

A patch knows neither the file that it is for nor the one that it gives: compare the SHA-256 that is printed.`;

/** How many files each action takes, and their names. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  create: ["OLD", "NEW", "PATCH"],
  apply: ["OLD", "PATCH", "NEW"],
  inspect: ["PATCH"],
};

/** Deltas by hand, without a cloud. */
export async function run({ words }: Invocation): Promise<void> {
  const { values, positionals } = parse(words);
  const [action, ...files] = positionals;
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  if (action === undefined) {
    throw new Refusal("WORD_MISSING", { verb: "delta", what: "one of create, apply and inspect" });
  }
  const names = Object.hasOwn(FILES, action) ? FILES[action] : undefined;
  if (names === undefined) throw new Refusal("VERB_UNKNOWN", { verb: `delta ${action}` });
  if (files.length !== names.length) {
    const reason = `delta ${action} takes ${names.join(" ")}, and was given ${files.length} of ${names.length} files`;
    throw new Refusal("OPTION_INVALID", { reason, verb: "delta" });
  }
  const { force = false, plain = false, json = false } = values;
  const [first, second, third] = files as [string, string, string];
  if (action === "create") {
    const result = await createFile(formatNamed(values.format), first, second, third, { force, plain });
    console.log(result);
  } else if (action === "apply") console.log(await applyFile(first, second, third, { force, plain }));
  else console.log(await inspectFile(first, json));
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        format: { type: "string", default: "bsdiff40" },
        force: { type: "boolean" },
        plain: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(". ")[0]! : String(cause);
    throw new Refusal("OPTION_INVALID", { reason, verb: "delta" }, { cause });
  }
}

function formatNamed(name: string): "bsdiff40" | "detools" {
  if (name === "bsdiff40" || name === "detools") return name;
  throw new Refusal("OPTION_INVALID", {
    reason: `--format takes bsdiff40 or detools, not "${name}"`,
    verb: "delta",
  });
}
