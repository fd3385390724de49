import { readFile } from "node:fs/promises";
import type { EcuHandle } from "@halfshaft/ecu-firmware-sim";
import { BenchError } from "../../bench-error.ts";

/** The engine's firmware; with `length` repeated from its start until it fills that many bytes. */
export async function engineFirmware(which: "old" | "new", length?: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await readFile(firmwarePath(which)));
  return length === undefined ? bytes : Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length]!);
}

export const firmwarePath = (which: "old" | "new"): URL =>
  new URL(`../../../firmware/engine/${which}.bin`, import.meta.url);

/** @throws {BenchError} `UNEXPECTED_RESULT` where the inactive bank does not hold the image. */
export function checkInactiveBank(ecu: Pick<EcuHandle, "state">, sha256: string): void {
  const state = ecu.state();
  const inactive = state.activeBank === "A" ? "B" : "A";
  const found = state.imageSha256Of(inactive);
  if (found !== sha256) {
    throw new BenchError("UNEXPECTED_RESULT", `bank ${inactive} holds ${found ?? "no image"}, not ${sha256}`);
  }
}
