import { readFile } from "node:fs/promises";
import { codeLikePair, type ImagePair } from "@halfshaft/ota-format/delta";

/** Two versions of an image, by name; made or read only when asked for. */
export interface NamedPair {
  readonly name: string;
  readonly load: () => Promise<ImagePair>;
}

const SEED = 20;

const firmware = (name: string): NamedPair => ({
  name,
  load: async () => {
    const [base, result] = await Promise.all([readFirmware(name, "old"), readFirmware(name, "new")]);
    return { base, result };
  },
});

const generated = (megabytes: number): NamedPair => ({
  name: `${megabytes}MB`,
  load: async () => codeLikePair(megabytes * 1_000_000, SEED),
});

export const FIRMWARE_PAIRS: readonly NamedPair[] = ["engine", "adas", "body"].map(firmware);

/** The firmware pairs, and generated ones of 1, 4 and 8 MB. */
export const PAIRS: readonly NamedPair[] = [...FIRMWARE_PAIRS, ...[1, 4, 8].map(generated)];

async function readFirmware(name: string, which: "old" | "new"): Promise<Uint8Array> {
  const url = new URL(`../../../firmware/${name}/${which}.bin`, import.meta.url);
  return new Uint8Array(await readFile(url));
}
