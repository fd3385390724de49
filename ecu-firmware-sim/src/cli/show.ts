import { banks } from "../bank.ts";
import { readStateFile } from "../ecu-state.ts";
import { readOptions, required } from "./options.ts";

/** Shows what an ECU is, from its own storage; it may run meanwhile. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { state: { type: "string" }, json: { type: "boolean" } });
  const state = readStateFile(required(options.state, "state"));
  const { serial, profile, hardwareId, activeBank, bootState, boot, version, dtcs, counts, wear } = state;
  const shown = {
    serial,
    profile,
    hardwareId,
    version,
    activeBank,
    bootState,
    releaseCounter: boot.releaseCounter,
    activeImageSha256: state.imageSha256Of(activeBank),
    banks: Object.fromEntries(
      banks.map((bank) => [
        bank,
        { sha256: state.imageSha256Of(bank), mostErasures: Math.max(0, ...wear[bank]) },
      ]),
    ),
    dtcs: dtcs.map((dtc) => dtc.toString(16).padStart(6, "0")),
    ...counts,
  };
  console.log(options.json === true ? JSON.stringify(shown) : table(shown));
}

function table(shown: object): string {
  return Object.entries(shown)
    .map(([name, value]) => `${name.padEnd(18)} ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join("\n");
}
